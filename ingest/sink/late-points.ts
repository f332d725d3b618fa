import { limits } from '../../schema/limits.ts'
import { epochOffsets, tiling, zoneSteps } from '../../schema/tiles.ts'
import type { TableRows } from './rows.ts'

/**
 * Late points of a batch: those that tiles of their series may have left out, by ranges of steps for each series. Tiles are made by
 * whoever and whenever, so what makes a point late depends on its series alone: it is long, and the step is `tiling.lateSlack` or more below the
 * highest one logged before. Tiles that hold all up to some log position are of steps that were so far below the highest one then.
 */
export type LatePoints = Map<number, LateSeries>

type LateSeries = { readonly run: bigint; readonly metric: bigint; readonly ranges: Range[] }
type Range = { first: number; last: number }

/** Ranges of one series in one batch; where there would be more, the nearest become one. */
const rangesPerSeries = 8

/** How many of the ascending `steps` are late, for a series whose highest step was `highest`. */
export function lateSteps(steps: Float64Array, count: number, highest: number): number {
  let late = 0
  while (late < count && isLate(steps[late]!, highest)) late++
  return late
}

export function isLate(step: number, highest: number): boolean {
  return step <= highest - tiling.lateSlack
}

/** Whether there may be tiles of a series of so many points. */
export function mayHaveTiles(points: number): boolean {
  return points >= limits.tiledSeriesPoints
}

/** `slot`: where the series' summary is, which names it within a batch. */
export function noteLate(
  late: LatePoints,
  slot: number,
  run: bigint,
  metric: bigint,
  first: number,
  last: number,
): void {
  let series = late.get(slot)
  if (!series) {
    series = { run, metric, ranges: [] }
    late.set(slot, series)
  }
  const { ranges } = series
  let near: Range | undefined
  let distance = Number.POSITIVE_INFINITY
  for (const range of ranges) {
    const apart = Math.max(first - range.last, range.first - last)
    if (apart < distance) {
      distance = apart
      near = range
    }
  }
  if (near === undefined || (distance > tiling.lateSlack && ranges.length < rangesPerSeries)) {
    ranges.push({ first, last })
    return
  }
  near.first = Math.min(near.first, first)
  near.last = Math.max(near.last, last)
}

/** As rows that must be in the store before the points are. `version`: the log offset of the batch's last record. */
export function lateRows(late: LatePoints, version: number): TableRows {
  const rows = [...late.values()].flatMap(({ run, metric, ranges }) =>
    ranges.map((range) => ({ run, metric, ...range })),
  )
  const integers = (value: (row: (typeof rows)[number]) => number) =>
    BigInt64Array.from(rows, (row) => BigInt(value(row)))
  const epoch = BigInt(Math.floor(version / epochOffsets))
  return {
    table: 'late_points',
    rows: rows.length,
    columns: [
      { name: 'run', type: 'UInt64', data: BigUint64Array.from(rows, ({ run }) => run) },
      { name: 'metric', type: 'UInt64', data: BigUint64Array.from(rows, ({ metric }) => metric) },
      { name: 'epoch', type: 'UInt64', data: new BigUint64Array(rows.length).fill(epoch) },
      { name: 'zone', type: 'Int64', data: integers(({ first }) => Math.floor(first / zoneSteps)) },
      { name: 'first', type: 'Int64', data: integers(({ first }) => first) },
      { name: 'last', type: 'Int64', data: integers(({ last }) => last) },
      { name: 'version', type: 'UInt64', data: new BigUint64Array(rows.length).fill(BigInt(version)) },
    ],
  }
}
