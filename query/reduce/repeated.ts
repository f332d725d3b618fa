import type { Points } from './buckets.ts'

/** Which of several points of one step count; as in the SDL. */
export type Repeated = 'LAST' | 'FIRST' | 'ALL'

/** Drops the superseded ones of points that are in the order of step, then of logging. */
export function withoutSuperseded(points: Points, repeated: Repeated): Points & { superseded: number } {
  const { steps, values } = points
  if (repeated === 'ALL') return { ...points, superseded: 0 }
  const keptSteps = new Float64Array(steps.length)
  const keptValues = new Float64Array(steps.length)
  let kept = 0
  for (let i = 0; i < steps.length; i++) {
    const again = kept > 0 && keptSteps[kept - 1] === steps[i]
    if (again && repeated === 'FIRST') continue
    if (!again) kept++
    keptSteps[kept - 1] = steps[i]!
    keptValues[kept - 1] = values[i]!
  }
  return {
    steps: keptSteps.subarray(0, kept),
    values: keptValues.subarray(0, kept),
    superseded: steps.length - kept,
  }
}
