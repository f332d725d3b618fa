/** Whether points come back as they were sent: bit by bit for some series. */
import { blocksOf, type Dataset, timeMs } from '../dataset.ts'
import { frameOf } from './formats/format.ts'
import type { StoredSeries } from './peer.ts'

export type Comparison = {
  readonly series: number
  readonly points: number
  /** Same time, same 64 bits. */
  readonly exact: number
  /** Of those that are neither exact nor missing, the largest difference in relation to the value. */
  readonly largestRelativeError: number
  readonly missing: { readonly nan: number; readonly infinite: number; readonly finite: number }
  /** Times that were never sent, or came back twice. */
  readonly unexpected: number
}

const none: Comparison = {
  series: 0,
  points: 0,
  exact: 0,
  largestRelativeError: 0,
  missing: { nan: 0, infinite: 0, finite: 0 },
  unexpected: 0,
}

/** What a run's metric was when it was sent. */
export function sentSeries(dataset: Dataset, run: number, metric: number): StoredSeries {
  const { steps, values } = frameOf(dataset, run, 0, blocksOf(dataset, run))
  return {
    times: Array.from({ length: steps }, (_, step) => timeMs(dataset, run, step)),
    values: [...values.subarray(metric * steps, (metric + 1) * steps)],
  }
}

/** Times of a series are all different. */
export function compareSeries(sent: StoredSeries, stored: StoredSeries): Comparison {
  const found = new Map(stored.times.map((time, i) => [time, stored.values[i]!]))
  const missing = { nan: 0, infinite: 0, finite: 0 }
  let exact = 0
  let known = 0
  let largestRelativeError = 0
  for (const [i, time] of sent.times.entries()) {
    const value = sent.values[i]!
    const other = found.get(time)
    if (other === undefined) missing[kindOf(value)]++
    else if (Object.is(value, other)) exact++
    else largestRelativeError = Math.max(largestRelativeError, relativeError(value, other))
    if (other !== undefined) known++
  }
  const unexpected = stored.times.length - known
  return { series: 1, points: sent.times.length, exact, largestRelativeError, missing, unexpected }
}

export function addComparisons(all: readonly Comparison[]): Comparison {
  return all.reduce(
    (sum, one) => ({
      series: sum.series + one.series,
      points: sum.points + one.points,
      exact: sum.exact + one.exact,
      largestRelativeError: Math.max(sum.largestRelativeError, one.largestRelativeError),
      missing: {
        nan: sum.missing.nan + one.missing.nan,
        infinite: sum.missing.infinite + one.missing.infinite,
        finite: sum.missing.finite + one.missing.finite,
      },
      unexpected: sum.unexpected + one.unexpected,
    }),
    none,
  )
}

const kindOf = (value: number) => (Number.isNaN(value) ? 'nan' : Number.isFinite(value) ? 'finite' : 'infinite')

/** A value that was finite and is not any more, or the other way round, is infinitely wrong. */
function relativeError(sent: number, stored: number): number {
  const error = Math.abs(stored - sent) / Math.abs(sent)
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
}

/** The series that are looked at: spread over runs and metrics, with one run that diverges where there is one. */
export function sampledSeries(dataset: Dataset, count: number): { run: number; metric: number }[] {
  const runs = Math.min(dataset.runs, dataset.frames)
  const metrics = dataset.metrics.length
  const spread = Array.from({ length: Math.min(count, runs * metrics) }, (_, i) => ({
    run: Math.floor((i * runs) / count),
    metric: (i * 7) % metrics,
  }))
  const diverging = 7
  return diverging < runs && dataset.metrics.length > 1
    ? [...spread, { run: diverging, metric: 0 }, { run: diverging, metric: Math.min(5, metrics - 1) }]
    : spread
}
