/** A long series, told in a few numbers: the value of any step is computed alone, so that any window can be checked without the store. */
import { mix32 } from '../random.ts'

export type Curve = {
  readonly run: string
  /** Every value follows from it. */
  readonly seed: number
  /** Steps 0 up to, not including, this; each was logged at least once. */
  readonly steps: number
  readonly kind: CurveKind
}

/**
 * `rewound`: with NaN and infinities, points that came late, and stretches that were logged twice; `ordered`: with NaN and infinities, each step
 * once and in order; `smooth`: that, and all values finite.
 */
export type CurveKind = 'rewound' | 'ordered' | 'smooth'

/** Where a job died and went on from an older checkpoint: these steps were logged a second time, with other values. */
export type Stretch = { readonly from: number; readonly end: number }

const rewinds = 3
const longestRewind = 1_000
/** One point of so many. */
const nanEvery = 20_011
const infinityEvery = 200_003
const lateEvery = 50_021

/** Ascending and apart from each other. */
export function rewindsOf({ seed, steps, kind }: Curve): Stretch[] {
  const part = Math.floor(steps / rewinds)
  const length = Math.min(longestRewind, Math.floor(part / 10))
  if (kind !== 'rewound' || length === 0) return []
  return Array.from({ length: rewinds }, (_, i) => {
    const from = i * part + (mix32(seed ^ (i + 1)) % (part - length))
    return { from, end: from + length }
  })
}

const secondSeed = 0x5bd1e995

/** Value of a step, as first logged or as logged again after a rewind. A falling loss with noise in all bits of its mantissa. */
export function valueAt({ seed, steps, kind }: Curve, step: number, again: boolean): number {
  const high = mix32(Math.imul(step, 0x9e3779b1) ^ (again ? seed ^ secondSeed : seed))
  const low = mix32(high ^ step)
  if (kind !== 'smooth') {
    if (low % nanEvery === 1) return Number.NaN
    if (low % infinityEvery === 2) return (low & 4) === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }
  const noise = high / 0x100000000 + low / 0x10000000000000000 - 0.5
  const left = 1 / (1 + (step * 20) / steps)
  return (0.05 + left) * (1 + 0.12 * noise)
}

/** Whether a step's only point arrived after all later ones, as from a worker that was cut off. */
export function isLate({ seed, kind }: Curve, step: number): boolean {
  return kind === 'rewound' && mix32(Math.imul(step, 0x85ebca6b) ^ seed) % lateEvery === 3
}

/** Whether a step lies in one of the stretches. */
export function isAgain(stretches: readonly Stretch[], step: number): boolean {
  for (const { from, end } of stretches) if (step >= from && step < end) return true
  return false
}

export const epochMs = 1_750_000_000_000
const stepMs = 100

export const timeOf = (step: number): number => epochMs + step * stepMs

/** Points in the order in which they were logged: `steps` and `values` are as long as each other. */
export type Logged = { readonly steps: Float64Array; readonly values: Float64Array }

/** What was logged of steps `from` up to `end` while the job went on: without the late ones. */
export function firstLogged(curve: Curve, from: number, end: number): Logged {
  const stretches = rewindsOf(curve)
  const steps = new Float64Array(end - from)
  const values = new Float64Array(end - from)
  let length = 0
  for (let step = from; step < end; step++) {
    if (isLate(curve, step) && !isAgain(stretches, step)) continue
    steps[length] = step
    values[length++] = valueAt(curve, step, false)
  }
  return { steps: steps.subarray(0, length), values: values.subarray(0, length) }
}

/** What was logged after all of that, in the order of steps: late points, and the rewound stretches once more. */
export function lateLogged(curve: Curve): Logged {
  const steps: number[] = []
  const values: number[] = []
  if (curve.kind !== 'rewound') return { steps: Float64Array.from(steps), values: Float64Array.from(values) }
  const stretches = rewindsOf(curve)
  for (let step = 0; step < curve.steps; step++) {
    const again = isAgain(stretches, step)
    if (!again && !isLate(curve, step)) continue
    steps.push(step)
    values.push(valueAt(curve, step, again))
  }
  return { steps: Float64Array.from(steps), values: Float64Array.from(values) }
}
