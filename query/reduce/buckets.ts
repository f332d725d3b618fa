import { bucketStart } from './grid.ts'

/** Columns of a series' buckets, ascending; every one `count` long. Those of the last four rows are meaningless where their count is 0. */
export const bucketColumns = [
  'steps',
  'counts',
  'superseded',
  'first',
  'firstSteps',
  'min',
  'minSteps',
  'max',
  'maxSteps',
  'last',
  'lastSteps',
  'nan',
  'nanSteps',
  'positiveInfinity',
  'positiveInfinitySteps',
  'negativeInfinity',
  'negativeInfinitySteps',
] as const
export type BucketColumn = (typeof bucketColumns)[number]
export type BucketTable = { readonly count: number } & Readonly<Record<BucketColumn, Float64Array>>

/** Points of one series in step order. */
export type Points = { readonly steps: Float64Array; readonly values: Float64Array }

/** The buckets of points that are at hand, in step order and none of them superseded: what `sql/series-buckets.ts` does in the store. */
export function bucketsOf(points: Points, width: number): BucketTable {
  const { steps, values } = points
  const table = emptyTable(mostBuckets(steps, width))
  let row = -1
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!
    const start = bucketStart(step, width)
    if (row < 0 || table.steps[row] !== start) {
      row++
      table.steps[row] = start
      table.first[row] = table.min[row] = table.max[row] = table.last[row] = Number.NaN
    }
    add(table, row, step, values[i]!)
  }
  return cutTable(table, 0, row + 1)
}

/** Of ascending steps. What is not needed of 17 columns costs more to allocate than the rest of the work. */
function mostBuckets(steps: Float64Array, width: number): number {
  if (steps.length === 0) return 0
  const [first, last] = [bucketStart(steps[0]!, width), bucketStart(steps.at(-1)!, width)]
  return Math.min(steps.length, (last - first) / width + 1)
}

function add(table: BucketTable, row: number, step: number, value: number): void {
  table.counts[row]!++
  if (Number.isNaN(value)) note(table, row, 'nan', 'nanSteps', step)
  else if (value === Number.POSITIVE_INFINITY) note(table, row, 'positiveInfinity', 'positiveInfinitySteps', step)
  else if (value === Number.NEGATIVE_INFINITY) note(table, row, 'negativeInfinity', 'negativeInfinitySteps', step)
  else addFinite(table, row, step, value)
}

function addFinite(table: BucketTable, row: number, step: number, value: number): void {
  if (Number.isNaN(table.first[row]!)) set(table, row, 'first', 'firstSteps', step, value)
  if (Number.isNaN(table.min[row]!) || below(value, table.min[row]!)) set(table, row, 'min', 'minSteps', step, value)
  if (Number.isNaN(table.max[row]!) || below(table.max[row]!, value)) set(table, row, 'max', 'maxSteps', step, value)
  set(table, row, 'last', 'lastSteps', step, value)
}

/** Orders -0 before 0, as the store does. */
export function below(a: number, b: number): boolean {
  return a < b || (a === 0 && b === 0 && Object.is(a, -0) && !Object.is(b, -0))
}

function set(table: BucketTable, row: number, value: BucketColumn, at: BucketColumn, step: number, v: number): void {
  table[value][row] = v
  table[at][row] = step
}

function note(table: BucketTable, row: number, count: BucketColumn, at: BucketColumn, step: number): void {
  if (table[count][row] === 0) table[at][row] = step
  table[count][row]!++
}

export function emptyTable(rows: number): BucketTable {
  const columns = bucketColumns.map((name) => [name, new Float64Array(rows)])
  return { count: rows, ...Object.fromEntries(columns) }
}

/** Of a column. A loop: what calls a function for each element takes ten times as long. */
export function sum(column: Float64Array): number {
  let total = 0
  for (let i = 0; i < column.length; i++) total += column[i]!
  return total
}

/** The buckets from row `from` up to `to`, without copying. */
export function cutTable(table: BucketTable, from: number, to: number): BucketTable {
  const columns = bucketColumns.map((name) => [name, table[name].subarray(from, to)])
  return { count: to - from, ...Object.fromEntries(columns) }
}
