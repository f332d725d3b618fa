import type { BucketTable, Points } from './buckets.ts'

/** Points that one bucket can hand over: four of the curve and one of each kind of non-finite value. */
const pointsPerBucket = 7

/**
 * The points that draw the curve as all of its points would: of each bucket the first, lowest, highest and last finite one, and its
 * first NaN, Infinity and -Infinity, each once, in step order. Points of one step keep first in front and last behind.
 */
export function selectM4(table: BucketTable): Points {
  const steps = new Float64Array(table.count * pointsPerBucket)
  const values = new Float64Array(table.count * pointsPerBucket)
  let length = 0
  for (let row = 0; row < table.count; row++) {
    const start = length
    const offer = (step: number, value: number) => {
      length = insert(steps, values, start, length, step, value)
    }
    const nonFinite = table.nan[row]! + table.positiveInfinity[row]! + table.negativeInfinity[row]!
    const hasFinite = table.counts[row]! > nonFinite
    if (hasFinite) {
      offer(table.firstSteps[row]!, table.first[row]!)
      offer(table.minSteps[row]!, table.min[row]!)
      offer(table.maxSteps[row]!, table.max[row]!)
    }
    if (nonFinite > 0) {
      if (table.nan[row]! > 0) offer(table.nanSteps[row]!, Number.NaN)
      if (table.positiveInfinity[row]! > 0) offer(table.positiveInfinitySteps[row]!, Number.POSITIVE_INFINITY)
      if (table.negativeInfinity[row]! > 0) offer(table.negativeInfinitySteps[row]!, Number.NEGATIVE_INFINITY)
    }
    if (hasFinite) offer(table.lastSteps[row]!, table.last[row]!)
  }
  return { steps: steps.slice(0, length), values: values.slice(0, length) }
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
