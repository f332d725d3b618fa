import type { Columns, ReadOptions, StoreReader } from '../schema/store.ts'
import type { Stretch } from '../schema/tiles.ts'
import { type BucketTable, cutTable } from './reduce/buckets.ts'
import { bucketTable } from './reduce/decode.ts'
import type { Repeated } from './reduce/repeated.ts'
import type { SeriesKeys } from './sql/one-series.ts'
import { ask, integers, numbers } from './sql/read.ts'
import { type BucketGroup, type Rows, seriesBuckets } from './sql/series-buckets.ts'
import { type SeriesQuestion, seriesExtents } from './sql/series-extents.ts'

/** Names a series in the maps of one request. */
export const seriesId = (run: bigint, metric: bigint): string => `${run}/${metric}`

/** How many points a series has in a range, and its first and last step there. */
export type Extent = {
  readonly id: string
  readonly run: bigint
  readonly metric: bigint
  readonly points: number
  readonly firstStep: number
  readonly lastStep: number
}

export async function readExtents(
  reader: StoreReader,
  question: SeriesQuestion,
  options: ReadOptions,
): Promise<Extent[]> {
  return extentsIn(await ask(reader, seriesExtents(question), options))
}

/** Rows of `run, metric, points, firstStep, lastStep`. */
export function extentsIn(answer: Columns): Extent[] {
  const [runs, metrics] = [integers(answer, 'run'), integers(answer, 'metric')]
  const [points, first, last] = [numbers(answer, 'points'), numbers(answer, 'firstStep'), numbers(answer, 'lastStep')]
  return Array.from({ length: answer.rows }, (_, row) => ({
    id: seriesId(runs[row]!, metrics[row]!),
    run: runs[row]!,
    metric: metrics[row]!,
    points: points[row]!,
    firstStep: first[row]!,
    lastStep: last[row]!,
  }))
}

export async function readBuckets(
  reader: StoreReader,
  groups: readonly BucketGroup[],
  repeated: Repeated,
  rows: Rows,
  options: ReadOptions,
): Promise<Map<string, { table: BucketTable; extent: Stretch }>> {
  const answer = await ask(reader, seriesBuckets(groups, repeated, rows), options)
  const table = bucketTable(answer)
  const [lowest, highest] = [numbers(answer, 'lowest'), numbers(answer, 'highest')]
  return bySeries(answer, (from, to) => ({
    table: cutTable(table, from, to),
    extent: {
      first: lowest.subarray(from, to).reduce((a, b) => Math.min(a, b)),
      last: highest.subarray(from, to).reduce((a, b) => Math.max(a, b)),
    },
  }))
}

/** Cuts an answer that is ordered by run and metric into its series; that to a question about `only` one does not say which it is. */
export function bySeries<T>(answer: Columns, cut: (from: number, to: number) => T, only?: SeriesKeys): Map<string, T> {
  if (only) return new Map(answer.rows === 0 ? [] : [[seriesId(only.run, only.metric), cut(0, answer.rows)]])
  const [runs, metrics] = [integers(answer, 'run'), integers(answer, 'metric')]
  // As 32-bit halves, because reading a 64-bit element makes a big integer each time.
  const [runHalves, metricHalves] = [halves(runs), halves(metrics)]
  const same = (column: Uint32Array, a: number, b: number) =>
    column[2 * a] === column[2 * b] && column[2 * a + 1] === column[2 * b + 1]
  const series = new Map<string, T>()
  let from = 0
  for (let row = 1; row <= answer.rows; row++) {
    if (row < answer.rows && same(metricHalves, row, from) && same(runHalves, row, from)) continue
    series.set(seriesId(runs[from]!, metrics[from]!), cut(from, row))
    from = row
  }
  return series
}

const halves = (column: BigUint64Array | BigInt64Array) =>
  new Uint32Array(column.buffer, column.byteOffset, column.length * 2)
