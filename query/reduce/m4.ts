import type { BucketTable, Points } from './buckets.ts'

/** Points that one bucket can hand over: four of the curve and one of each kind of non-finite value. */
const pointsPerBucket = 7

/** Made anew when a curve needs more, and used again by the next one. */
let room = { steps: new Float64Array(0), values: new Float64Array(0) }

/**
 * The points that draw the curve as all of its points would: of each bucket the first, lowest, highest and last finite one, and its
 * first NaN, Infinity and -Infinity, each once, in step order. Points of one step keep first in front and last behind.
 */
export function selectM4(table: BucketTable): Points {
  const most = table.count * pointsPerBucket
  if (room.steps.length < most) room = { steps: new Float64Array(most), values: new Float64Array(most) }
  const { steps, values } = room
  const { nan, positiveInfinity, negativeInfinity } = table
  const { firstSteps, first, minSteps, min, maxSteps, max, lastSteps, last } = table
  let length = 0
  for (let row = 0; row < table.count; row++) {
    const nonFinite = nan[row]! + positiveInfinity[row]! + negativeInfinity[row]!
    if (nonFinite > 0) {
      length = selectWithOthers(table, row, nonFinite, length)
      continue
    }
    // Nearly all buckets are of finite values alone: their four points are in order but for the two in the middle.
    const start = length
    steps[length] = firstSteps[row]!
    values[length++] = first[row]!
    const isLowFirst = minSteps[row]! <= maxSteps[row]!
    for (let i = 1; i <= 3; i++) {
      const isLow = isLowFirst === (i === 1)
      const step = i === 3 ? lastSteps[row]! : isLow ? minSteps[row]! : maxSteps[row]!
      const value = i === 3 ? last[row]! : isLow ? min[row]! : max[row]!
      let same = length - 1
      while (same >= start && steps[same] === step && !Object.is(values[same], value)) same--
      if (same >= start && steps[same] === step) continue
      steps[length] = step
      values[length++] = value
    }
  }
  return { steps: steps.slice(0, length), values: values.slice(0, length) }
}

/** The points of a bucket that has some that are not finite, into the room from `start` on; answers the new length. */
function selectWithOthers(table: BucketTable, row: number, nonFinite: number, start: number): number {
  const { steps, values } = room
  let length = start
  const offer = (step: number, value: number) => {
    length = insert(steps, values, start, length, step, value)
  }
  const hasFinite = table.counts[row]! > nonFinite
  if (hasFinite) {
    offer(table.firstSteps[row]!, table.first[row]!)
    offer(table.minSteps[row]!, table.min[row]!)
    offer(table.maxSteps[row]!, table.max[row]!)
  }
  if (table.nan[row]! > 0) offer(table.nanSteps[row]!, Number.NaN)
  if (table.positiveInfinity[row]! > 0) offer(table.positiveInfinitySteps[row]!, Number.POSITIVE_INFINITY)
  if (table.negativeInfinity[row]! > 0) offer(table.negativeInfinitySteps[row]!, Number.NEGATIVE_INFINITY)
  if (hasFinite) offer(table.lastSteps[row]!, table.last[row]!)
  return length
}

/** Puts a point in its place among those from `start` to `length`, unless it is there already; answers the new length. */
function insert(
  steps: Float64Array,
  values: Float64Array,
  start: number,
  length: number,
  step: number,
  value: number,
): number {
  let place = length
  while (place > start && steps[place - 1]! > step) place--
  for (let i = place; i > start && steps[i - 1] === step; i--) if (Object.is(values[i - 1], value)) return length
  for (let i = length; i > place; i--) {
    steps[i] = steps[i - 1]!
    values[i] = values[i - 1]!
  }
  steps[place] = step
  values[place] = value
  return length + 1
}
