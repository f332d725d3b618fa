import { type BucketColumn, type BucketTable, below, bucketColumns, cutTable, emptyTable } from './buckets.ts'
import { bucketStart } from './grid.ts'

/**
 * Buckets of a coarser grid, or of the same, out of tables of finer ones, each ascending, that are of different points: what one table of all
 * of the points would be.
 */
export function combine(tables: readonly BucketTable[], width: number): BucketTable {
  const table = emptyTable(tables.reduce((rows, { count }) => rows + count, 0))
  const next = tables.map(() => 0)
  let row = -1
  for (;;) {
    let least = -1
    for (let t = 0; t < tables.length; t++) {
      if (next[t] === tables[t]!.count) continue
      if (least < 0 || tables[t]!.steps[next[t]!]! < tables[least]!.steps[next[least]!]!) least = t
    }
    if (least < 0) return cutTable(table, 0, row + 1)
    const from = tables[least]!
    const at = next[least]!++
    const start = bucketStart(from.steps[at]!, width)
    if (row >= 0 && table.steps[row] === start) {
      addBucket(table, row, from, at)
      continue
    }
    row++
    for (const name of bucketColumns) table[name][row] = from[name][at]!
    table.steps[row] = start
  }
}

/** Adds to one bucket what another one of the same place holds, of different points. */
export function addBucket(to: BucketTable, row: number, from: BucketTable, at: number): void {
  to.counts[row]! += from.counts[at]!
  to.superseded[row]! += from.superseded[at]!
  if (!Number.isNaN(from.first[at]!)) addFinite(to, row, from, at)
  addCount(to, row, from, at, 'nan', 'nanSteps')
  addCount(to, row, from, at, 'positiveInfinity', 'positiveInfinitySteps')
  addCount(to, row, from, at, 'negativeInfinity', 'negativeInfinitySteps')
}

function addFinite(to: BucketTable, row: number, from: BucketTable, at: number): void {
  const none = Number.isNaN(to.first[row]!)
  if (none || from.firstSteps[at]! < to.firstSteps[row]!) take(to, row, from, at, 'first', 'firstSteps')
  if (none || from.lastSteps[at]! > to.lastSteps[row]!) take(to, row, from, at, 'last', 'lastSteps')
  if (none || precedes(from, at, to, row, 'min', 'minSteps', 1)) take(to, row, from, at, 'min', 'minSteps')
  if (none || precedes(from, at, to, row, 'max', 'maxSteps', -1)) take(to, row, from, at, 'max', 'maxSteps')
}

/** Whether `a`'s extreme is the one to show: the lower (`sign` 1) or higher (-1), of equal ones the earlier. */
function precedes(
  a: BucketTable,
  i: number,
  b: BucketTable,
  j: number,
  value: 'min' | 'max',
  at: BucketColumn,
  sign: 1 | -1,
): boolean {
  const [one, other] = [a[value][i]!, b[value][j]!]
  if (Object.is(one, other)) return a[at][i]! < b[at][j]!
  return sign === 1 ? below(one, other) : below(other, one)
}

function take(
  to: BucketTable,
  row: number,
  from: BucketTable,
  at: number,
  value: BucketColumn,
  steps: BucketColumn,
): void {
  to[value][row] = from[value][at]!
  to[steps][row] = from[steps][at]!
}

function addCount(
  to: BucketTable,
  row: number,
  from: BucketTable,
  at: number,
  count: BucketColumn,
  steps: BucketColumn,
): void {
  if (from[count][at] === 0) return
  if (to[count][row] === 0 || from[steps][at]! < to[steps][row]!) to[steps][row] = from[steps][at]!
  to[count][row]! += from[count][at]!
}
