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

/** In the order of step, then of logging. `repeats` says whether there are several of one step, where that is known. */
export type LoggedPoints = Points & { readonly repeats?: boolean }

/** Orders -0 before 0, as the store does. */
export function below(a: number, b: number): boolean {
  return a < b || (a === 0 && b === 0 && Object.is(a, -0) && !Object.is(b, -0))
}

/** One memory for all columns: 17 of them cost as much to make as a hundred rows to fill. */
export function emptyTable(rows: number): BucketTable {
  const memory = new Float64Array(rows * bucketColumns.length)
  return tableOf(rows, (_, i) => memory.subarray(i * rows, (i + 1) * rows))
}

/** Of a column. A loop: what calls a function for each element takes ten times as long. */
export function sum(column: Float64Array): number {
  let total = 0
  for (let i = 0; i < column.length; i++) total += column[i]!
  return total
}

/** The buckets from row `from` up to `to`, without copying. */
export function cutTable(table: BucketTable, from: number, to: number): BucketTable {
  return from === 0 && to === table.count ? table : tableOf(to - from, (name) => table[name].subarray(from, to))
}

/** Written out, so that all tables are objects of one shape and loops over them are quick. */
function tableOf(count: number, column: (name: BucketColumn, index: number) => Float64Array): BucketTable {
  return {
    count,
    steps: column('steps', 0),
    counts: column('counts', 1),
    superseded: column('superseded', 2),
    first: column('first', 3),
    firstSteps: column('firstSteps', 4),
    min: column('min', 5),
    minSteps: column('minSteps', 6),
    max: column('max', 7),
    maxSteps: column('maxSteps', 8),
    last: column('last', 9),
    lastSteps: column('lastSteps', 10),
    nan: column('nan', 11),
    nanSteps: column('nanSteps', 12),
    positiveInfinity: column('positiveInfinity', 13),
    positiveInfinitySteps: column('positiveInfinitySteps', 14),
    negativeInfinity: column('negativeInfinity', 15),
    negativeInfinitySteps: column('negativeInfinitySteps', 16),
  }
}
