import { type BucketTable, below, cutTable, emptyTable, type LoggedPoints, type Points } from './buckets.ts'
import { bucketStart } from './grid.ts'
import type { Repeated } from './repeated.ts'

/** The buckets of points that are at hand, in step order and none of them superseded: what `sql/series-buckets.ts` does in the store. */
export const bucketsOf = (points: Points, width: number): BucketTable => bucketsOfLogged(points, width, 'ALL')

/**
 * Buckets of points in the order of step, then of logging, that count what is superseded in each. What is to be known of a bucket is kept as
 * rows of the points while they are gone through: 5 ns each.
 */
export function bucketsOfLogged(points: LoggedPoints, width: number, repeated: Repeated): BucketTable {
  const { steps, values } = points
  const table = emptyTable(mostBuckets(steps, width))
  const { length } = steps
  const repeats = repeated !== 'ALL' && (points.repeats ?? hasRepeats(steps))
  let row = 0
  for (let from = 0; from < length; row++) {
    const start = bucketStart(steps[from]!, width)
    const end = start + width
    let [superseded, others] = [0, 0]
    let [first, min, max, last] = [-1, -1, -1, -1]
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    let at = from
    for (; at < length && steps[at]! < end; at++) {
      if (repeats && isSuperseded(steps, at, repeated)) {
        superseded++
        continue
      }
      const value = values[at]!
      // Most are neither an extreme of their bucket nor anything but finite.
      if (value > low && value < high) {
        last = at
        continue
      }
      // Of what is not finite the difference is NaN.
      if (value - value !== 0) {
        others++
        noteOther(table, row, steps[at]!, value)
        continue
      }
      last = at
      if (first < 0) first = at
      if (min < 0 || below(value, low)) {
        low = value
        min = at
      }
      if (max < 0 || below(high, value)) {
        high = value
        max = at
      }
    }
    table.steps[row] = start
    table.counts[row] = at - from - superseded
    table.superseded[row] = superseded
    const hasFinite = at - from - superseded > others
    table.first[row] = hasFinite ? values[first]! : Number.NaN
    table.min[row] = hasFinite ? low : Number.NaN
    table.max[row] = hasFinite ? high : Number.NaN
    table.last[row] = hasFinite ? values[last]! : Number.NaN
    if (hasFinite) {
      table.firstSteps[row] = steps[first]!
      table.minSteps[row] = steps[min]!
      table.maxSteps[row] = steps[max]!
      table.lastSteps[row] = steps[last]!
    }
    from = at
  }
  return cutTable(table, 0, row)
}

function hasRepeats(steps: Float64Array): boolean {
  for (let i = 1; i < steps.length; i++) if (steps[i] === steps[i - 1]) return true
  return false
}

/** Whether another point of the same step counts instead. */
function isSuperseded(steps: Float64Array, at: number, repeated: Repeated): boolean {
  return repeated === 'LAST' ? steps[at + 1] === steps[at] : at > 0 && steps[at - 1] === steps[at]
}

/** Of ascending steps. What is not needed of 17 columns costs more to allocate than the rest of the work. */
function mostBuckets(steps: Float64Array, width: number): number {
  if (steps.length === 0) return 0
  const [first, last] = [bucketStart(steps[0]!, width), bucketStart(steps.at(-1)!, width)]
  return Math.min(steps.length, (last - first) / width + 1)
}

function noteOther(table: BucketTable, row: number, step: number, value: number): void {
  if (Number.isNaN(value)) note(table.nan, table.nanSteps, row, step)
  else if (value > 0) note(table.positiveInfinity, table.positiveInfinitySteps, row, step)
  else note(table.negativeInfinity, table.negativeInfinitySteps, row, step)
}

function note(counts: Float64Array, steps: Float64Array, row: number, step: number): void {
  if (counts[row] === 0) steps[row] = step
  counts[row]!++
}
