/** The answer to a question about a curve, by brute force over every step: shares nothing with the code that it checks. */
import { type Curve, isAgain, rewindsOf, type Stretch, valueAt } from './curve.ts'

/** Steps, both inclusive. */
export type Window = { readonly fromStep: number; readonly toStep: number; readonly buckets: number }

export type ExpectedCurve = {
  readonly steps: Float64Array
  readonly values: Float64Array
  readonly receipt: Readonly<Record<string, string | number | boolean | null>>
}

/** A bucket hands over at most four points of the curve and one of each kind of non-finite value. */
const pointsPerBucket = 7

/** With several points of a step the one logged last, buckets as M4. The window must lie within the series. */
export function expectedCurve(curve: Curve, { fromStep, toStep, buckets }: Window): ExpectedCurve {
  const stretches = rewindsOf(curve)
  const superseded = stretches.reduce((sum, { from, end }) => {
    return sum + Math.max(0, Math.min(end - 1, toStep) - Math.max(from, fromStep) + 1)
  }, 0)
  const distinct = toStep - fromStep + 1
  const isRaw = distinct + superseded <= buckets
  const width = widthFor(distinct, buckets)
  const room = isRaw ? distinct : (Math.ceil(distinct / width) + 1) * pointsPerBucket
  const found = { steps: new Float64Array(room), values: new Float64Array(room), length: 0 }
  const counts = { nan: 0, positiveInfinity: 0, negativeInfinity: 0, firstNonFiniteStep: -1 }
  const grain = isRaw ? 1 : width
  for (let start = fromStep - (fromStep % grain); start <= toStep; start += grain) {
    const begin = Math.max(start, fromStep)
    drawBucket(curve, stretches, begin, Math.min(start + grain, toStep + 1), found, counts)
  }
  const exact = found.length === distinct
  return {
    steps: found.steps.subarray(0, found.length),
    values: found.values.subarray(0, found.length),
    receipt: {
      method: exact ? 'RAW' : 'M4',
      exact,
      bucketWidth: width,
      pointsTotal: distinct + superseded,
      pointsReturned: found.length,
      superseded,
      ...counts,
      firstNonFiniteStep: counts.firstNonFiniteStep < 0 ? null : counts.firstNonFiniteStep,
    },
  }
}

/** The least power of two whose grid covers so many steps in the asked number of buckets wherever they lie on it. */
function widthFor(steps: number, buckets: number): number {
  let width = 1
  while ((width === 1 ? steps : 1 + Math.ceil((steps - 1) / width)) > buckets) width *= 2
  return width
}

type Found = { readonly steps: Float64Array; readonly values: Float64Array; length: number }
type Counts = { nan: number; positiveInfinity: number; negativeInfinity: number; firstNonFiniteStep: number }

/** The first, lowest, highest and last finite point of `begin` up to `end`, and the first of each other kind, each once, by step. */
function drawBucket(
  curve: Curve,
  stretches: readonly Stretch[],
  begin: number,
  end: number,
  found: Found,
  counts: Counts,
): void {
  const near = stretches.filter((one) => one.from < end && one.end > begin)
  let first = -1
  let last = -1
  let lowest = Number.POSITIVE_INFINITY
  let lowestStep = -1
  let highest = Number.NEGATIVE_INFINITY
  let highestStep = -1
  const chosen: number[] = []
  const seen = { nan: false, positiveInfinity: false, negativeInfinity: false }
  for (let step = begin; step < end; step++) {
    const value = valueAt(curve, step, near.length > 0 && isAgain(near, step))
    if (Number.isFinite(value)) {
      if (first < 0) first = step
      last = step
      if (value < lowest) {
        lowest = value
        lowestStep = step
      }
      if (value > highest) {
        highest = value
        highestStep = step
      }
      continue
    }
    const kind = Number.isNaN(value) ? 'nan' : value > 0 ? 'positiveInfinity' : 'negativeInfinity'
    counts[kind]++
    if (counts.firstNonFiniteStep < 0) counts.firstNonFiniteStep = step
    if (!seen[kind]) chosen.push(step)
    seen[kind] = true
  }
  if (first >= 0) chosen.push(first, lowestStep, highestStep, last)
  for (const step of [...new Set(chosen)].sort((a, b) => a - b)) {
    found.steps[found.length] = step
    found.values[found.length++] = valueAt(curve, step, isAgain(near, step))
  }
}
