/** Two results side by side. */
import { UsageError } from './usage-error.ts'

/** What a benchmark wrote, of which only the figures asked for are looked at. */
export type Json = { readonly [name: string]: Json } | readonly Json[] | string | number | boolean | null

type Better = 'higher' | 'lower'

/** Where figures are, and in which direction they are better. `*`: each process. */
const figures: readonly (readonly [path: string, better: Better])[] = [
  ['pointsPerSecond', 'higher'],
  ['ratioToRaw', 'higher'],
  ['cpuSecondsPerMillionPoints.*', 'lower'],
  ['ackAtFullRateMilliseconds.p99', 'lower'],
  ['openLoop.pointsPerSecond', 'higher'],
  ['ackMilliseconds.p50', 'lower'],
  ['ackMilliseconds.p99', 'lower'],
  ['visibleMilliseconds.p50', 'lower'],
  ['visibleMilliseconds.p99', 'lower'],
  ['visibleInKnownRunsMilliseconds.p50', 'lower'],
  ['visibleInKnownRunsMilliseconds.p99', 'lower'],
  ['phases.burst.ackMilliseconds.p99', 'lower'],
  ['curveMilliseconds.p99', 'lower'],
  ['wireBytesPerPoint', 'lower'],
  ['bytesPerPoint', 'lower'],
  ['pointsTableBytesPerPoint', 'lower'],
  ['residentBytes.*', 'lower'],
]
/** The same of questions, whose lines are looked up by name. */
const questionFigures: typeof figures = [
  ['p50Milliseconds.*', 'lower'],
  ['p99Milliseconds.*', 'lower'],
  ['serverCpuSecondsPerQuestion.*', 'lower'],
  ['exportedPointsPerSecond', 'higher'],
]
/** Results that differ in one of these are about different things. */
const sameIn = ['benchmark', 'shape', 'log', 'partitions'] as const
/** Where these differ it is worth a word. */
const noted = ['points', 'runs', 'connections', 'generators', 'seed', 'machine.cpu', 'machine.cores'] as const

export type Row = {
  readonly figure: string
  readonly old: number | undefined
  readonly new: number | undefined
  /** New to old; undefined where one is missing. */
  readonly ratio: number | undefined
  readonly worse: boolean
}

export type Comparison = { readonly rows: readonly Row[]; readonly notes: readonly string[]; readonly worse: boolean }

/** @throws UsageError where the two cannot be compared */
export function compare(beforeResult: Json, afterResult: Json, tolerance: number): Comparison {
  const [before, after] = [named(beforeResult), named(afterResult)]
  const wanted = at(before, 'benchmark') === 'query' ? questionFigures : figures
  for (const name of sameIn) {
    const [old, now] = [at(before, name) ?? null, at(after, name) ?? null]
    if (old !== now) throw new UsageError(`results cannot be compared: ${name} was ${old} and is ${now}`)
  }
  const paths = wanted.flatMap(([path, better]) => expand(path, before, after).map((one) => [one, better] as const))
  const rows = paths.map(([path, better]) => row(path, better, number(before, path), number(after, path), tolerance))
  const notes = noted
    .map((name) => [name, at(before, name), at(after, name)] as const)
    .filter(([, old, now]) => old !== now)
    .map(([name, old, now]) => `${name} was ${old} and is ${now}`)
  return { rows: rows.filter((one) => (one.old ?? one.new) !== undefined), notes, worse: rows.some((one) => one.worse) }
}

type QuestionLine = { id: string; clients: number; measured: { p50: number; p99: number } } & Record<string, Json>

/** A result of questions with the figures of its lines by name; any other as it is. */
function named(result: Json): Json {
  const lines = at(result, 'lines') as unknown as readonly QuestionLine[] | undefined
  if (at(result, 'benchmark') !== 'query' || lines === undefined) return result
  const byName = (figure: (line: QuestionLine) => Json): Json =>
    Object.fromEntries(lines.map((line) => [`${line.id}-${line.clients}`, figure(line)]))
  return {
    ...(result as Record<string, Json>),
    p50Milliseconds: byName(({ measured }) => measured.p50),
    p99Milliseconds: byName(({ measured }) => measured.p99),
    serverCpuSecondsPerQuestion: byName((line) => line.serverCpuSecondsPerQuestion ?? null),
  }
}

function row(figure: string, better: Better, old: number | undefined, now: number | undefined, tolerance: number): Row {
  if (old === undefined || now === undefined) return { figure, old, new: now, ratio: undefined, worse: false }
  const worse = better === 'lower' ? now > old * (1 + tolerance) : now < old * (1 - tolerance)
  return { figure, old, new: now, ratio: old === 0 ? undefined : now / old, worse }
}

function expand(path: string, before: Json, after: Json): string[] {
  if (!path.endsWith('.*')) return [path]
  const parent = path.slice(0, -2)
  const names = [before, after].flatMap((one) => Object.keys((at(one, parent) as object | null | undefined) ?? {}))
  return [...new Set(names)].map((name) => `${parent}.${name}`)
}

function number(json: Json, path: string): number | undefined {
  const value = at(json, path)
  return typeof value === 'number' ? value : undefined
}

function at(json: Json, path: string): Json | undefined {
  return path
    .split('.')
    .reduce<Json | undefined>((value, name) => (value as Record<string, Json> | null | undefined)?.[name], json)
}

export function comparisonTable({ rows, notes }: Comparison): string {
  const text = (value: number | undefined): string => {
    if (value === undefined) return '-'
    return value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toPrecision(4)
  }
  const cells = rows.map((row) => [
    row.figure,
    text(row.old),
    text(row.new),
    row.ratio?.toFixed(3) ?? '-',
    row.worse ? 'WORSE' : '',
  ])
  const table = [['', 'old', 'new', 'new / old', ''], ...cells]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)))
  const lines = table.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, ...notes.map((note) => `note: ${note}`)].join('\n')
}
