/** A point of one series, in the order of logging. */
export type LoggedPoint = { readonly step: number; readonly time: number; readonly value: number }

export type Summary = {
  count: number
  firstStep: number
  lastStep: number
  last: number
  lastTime: number
  min: number
  minStep: number
  max: number
  maxStep: number
  nan: number
  positiveInfinity: number
  negativeInfinity: number
  firstNonFiniteStep: number
  disorder: number
}

/**
 * The summary of a series by looking at all its points again for each question. Where no value is finite, min and max are
 * +Infinity and -Infinity with step 0; where all are, `firstNonFiniteStep` is NaN.
 */
export function summaryOf(points: readonly LoggedPoint[]): Summary {
  const steps = points.map(({ step }) => step)
  const highest = steps.reduce((a, b) => Math.max(a, b))
  const last = points.findLast(({ step }) => step === highest)!
  const finite = points.filter(({ value }) => Number.isFinite(value))
  const values = finite.map(({ value }) => value)
  // The first logged of equal ones; 0 and -0 are equal.
  const min = finite.find(({ value }) => values.every((other) => value <= other))
  const max = finite.find(({ value }) => values.every((other) => value >= other))
  const odd = points.filter(({ value }) => !Number.isFinite(value)).map(({ step }) => step)
  return {
    count: points.length,
    firstStep: steps.reduce((a, b) => Math.min(a, b)),
    lastStep: highest,
    last: last.value,
    lastTime: last.time,
    min: min?.value ?? Number.POSITIVE_INFINITY,
    minStep: min?.step ?? 0,
    max: max?.value ?? Number.NEGATIVE_INFINITY,
    maxStep: max?.step ?? 0,
    nan: points.filter(({ value }) => Number.isNaN(value)).length,
    positiveInfinity: points.filter(({ value }) => value === Number.POSITIVE_INFINITY).length,
    negativeInfinity: points.filter(({ value }) => value === Number.NEGATIVE_INFINITY).length,
    firstNonFiniteStep: odd.length === 0 ? Number.NaN : odd.reduce((a, b) => Math.min(a, b)),
    disorder: countDisorder(steps),
  }
}

function countDisorder(steps: readonly number[]): number {
  let highest = Number.NEGATIVE_INFINITY
  let disorder = 0
  for (const step of steps) {
    if (step <= highest) disorder++
    highest = Math.max(highest, step)
  }
  return disorder
}
