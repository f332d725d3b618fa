import assert from 'node:assert/strict'
import type { Contents } from './sink.oracle.ts'

/**
 * Compares table by table and names the first lines that differ, for whole contents would be megabytes. `history`: lines of what
 * happened; those that concern the log positions of the points that differ are named too.
 */
export function assertSame(actual: Contents, expected: Contents, history: readonly string[] = []): void {
  for (const table of Object.keys(expected) as (keyof Contents)[]) {
    const wanted = new Map<string, number>()
    for (const line of expected[table]) wanted.set(line, (wanted.get(line) ?? 0) + 1)
    const logged = new Set(wanted.keys())
    for (const line of actual[table]) wanted.set(line, (wanted.get(line) ?? 0) - 1)
    const missing = [...wanted].filter(([, n]) => n > 0).map(([line]) => line)
    const extra = [...wanted].filter(([, n]) => n < 0).map(([line]) => line)
    if (missing.length + extra.length === 0) continue
    const counts = {
      missing: missing.length,
      extra: extra.length,
      extraNeverLogged: extra.filter((line) => !logged.has(line)).length,
      expected: expected[table].length,
    }
    const differences = { missing: missing.slice(0, 5), extra: extra.slice(0, 5) }
    const told = table === 'points' ? historyOf(history, offsetsOf([...missing, ...extra])) : []
    assert.deepEqual(
      differences,
      { missing: [], extra: [] },
      `${table}: ${JSON.stringify(counts)}\n${JSON.stringify(differences, undefined, 1)}\n${told.join('\n')}`,
    )
  }
}

/** Offsets of the records that points are from. */
function offsetsOf(lines: readonly string[]): Set<number> {
  return new Set(lines.map((line) => Number(BigInt(/ ord (\d+)/.exec(line)![1]!) / 65_536n)))
}

/** Lines without a range `first-last` of offsets, and those whose range has one of `offsets`. */
function historyOf(history: readonly string[], offsets: ReadonlySet<number>): string[] {
  return history.filter((line) => {
    const range = /(\d+)-(\d+)/.exec(line)
    if (!range) return true
    const [first, last] = [Number(range[1]), Number(range[2])]
    return [...offsets].some((offset) => offset >= first && offset <= last)
  })
}
