import type { Columns } from '../../schema/store.ts'
import { numbers, texts } from '../sql/read.ts'
import type { Statement } from '../sql/text.ts'

/**
 * What came into a table since it was read. The store numbers each insert of a table (its block) and keeps in a part's name which numbers
 * it has; merging parts joins their numbers. So what was read is a set of numbers, and what is new are the parts with others. A set and not a
 * highest number: nothing is missed when inserts become visible in another order than they were numbered.
 */
export type Part = { readonly name: string; readonly first: number; readonly last: number }

/** The active parts of a table at one moment. */
export type Shown = {
  /** Changes with the table itself, and when rows were changed in place: then all that was read is void. */
  readonly identity: string
  readonly parts: readonly Part[]
}

/** Disjoint ranges of numbers, ascending, both ends inclusive. */
export type Blocks = readonly (readonly [first: number, last: number])[]

export const shownTables = ['runs', 'metric_figures'] as const
export type ShownTable = (typeof shownTables)[number]

/** The parts of both tables; 1.3 ms. */
export const partsStatement: Statement = {
  sql: `SELECT table, name, path, toFloat64(rows) AS size FROM system.parts
WHERE database = currentDatabase() AND table IN ('runs', 'metric_figures') AND active`,
  parameters: {},
}

export function readShown(answer: Columns): Record<ShownTable, Shown> {
  const [tables, names, paths] = [texts(answer, 'table'), texts(answer, 'name'), texts(answer, 'path')]
  const sizes = numbers(answer, 'size')
  const shown = { runs: { identity: '', parts: [] as Part[] }, metric_figures: { identity: '', parts: [] as Part[] } }
  names.forEach((name, i) => {
    // An empty part covers what was merged away.
    if (sizes[i] === 0) return
    const table = shown[tables[i] as ShownTable]
    const [, first, last, , changed = ''] = /_(\d+)_(\d+)_(\d+)(?:_(\d+))?$/.exec(name)!
    table.parts.push({ name, first: Number(first), last: Number(last) })
    const folder = paths[i]!.slice(0, paths[i]!.lastIndexOf(name))
    const identity = `${folder}\0${changed.padStart(20, '0')}`
    if (identity > table.identity) table.identity = identity
  })
  return shown
}

export function blocksOf({ parts }: Shown): Blocks {
  return joined(parts.map(({ first, last }) => [first, last] as const))
}

export function joined(ranges: Blocks): Blocks {
  const result: [number, number][] = []
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = result.at(-1)
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last)
    else result.push([first, last])
  }
  return result
}

export function hasAll(blocks: Blocks, first: number, last: number): boolean {
  return blocks.some((range) => range[0] <= first && last <= range[1])
}

/** How a statement leaves out what was read: whole parts, and of the other parts the rows of blocks that were read. */
export type Unread = { readonly wholeParts: readonly string[]; readonly blocks: Blocks }

/** What of a table was not read yet; undefined when there is nothing new, 'void' when the table is not the one that was read. */
export function unreadOf(shown: Shown, identity: string, read: Blocks): Unread | undefined | 'void' {
  if (read.length > 0 && shown.identity !== identity) return 'void'
  const now = blocksOf(shown)
  if (!read.every(([first, last]) => hasAll(now, first, last))) return 'void'
  const wholeParts = shown.parts.filter(({ first, last }) => hasAll(read, first, last)).map(({ name }) => name)
  return wholeParts.length === shown.parts.length ? undefined : { wholeParts, blocks: read }
}
