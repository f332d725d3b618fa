import { mix32 } from '../bench/random.ts'
import { draw, type Lane, type Plan } from './plan.ts'

/** The points of one frame: `values` metric by metric, steps ascending, times one ms apart. */
export type FramePoints = {
  readonly count: number
  readonly firstStep: number
  readonly firstTimeMs: number
  /** `metrics × count` values at the front of a buffer that the next frame overwrites. NaN has one form. */
  readonly values: Float64Array
  readonly words: Uint32Array
  readonly points: number
}

export const epochMs = 1_600_000_000_000
/** Each frame of a run has this many ms to itself, so a stored point's time tells its frame. */
export const frameMs = 1_000

/** What goes wrong where numbers are taken lightly. */
const oddValues = [
  ...[Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324, -5e-324],
  ...[2.2250738585072009e-308, Number.MAX_VALUE, -Number.MAX_VALUE, Number.EPSILON, 2 ** 53, -(2 ** 53) - 2, 0.1, 1],
]
const scales = [1, 1, 1, 1e-3, 1e3, 1e-6, 1e6, 1e-300, 1e300, 1e12, 1e-12, 256, 1, 1, 10, 100]

/** The frame's number within its run, over all lanes. */
export const numberOf = (lane: Lane, seq: number): number => seq * lane.lanesOfRun + lane.ordinal

export function countOf(plan: Plan, lane: Lane, seq: number): number {
  return 1 + (draw(plan.seed ^ lane.index, seq, 10) % lane.shape.stepsAtMost)
}

export function pointsOf(plan: Plan, lane: Lane, seq: number): number {
  return countOf(plan, lane, seq) * lane.shape.metrics.length
}

export type FrameMaker = (lane: Lane, seq: number) => FramePoints

/** Computes frames from the seed, into one buffer. */
export function createFrameMaker(plan: Plan): FrameMaker {
  const most = Math.max(...plan.shapes.map((shape) => shape.metrics.length * shape.stepsAtMost))
  const values = new Float64Array(most)
  const words = new Uint32Array(values.buffer)
  return (lane, seq) => {
    const count = countOf(plan, lane, seq)
    const points = count * lane.shape.metrics.length
    const start = draw(plan.seed ^ lane.index, seq, 11)
    for (let i = 0; i < points; i++) values[i] = valueAt(start, i)
    if (lane.width === 4) for (let i = 0; i < points; i++) values[i] = Math.fround(values[i]!)
    for (let i = 0; i < points; i++) {
      if (!Number.isNaN(values[i])) continue
      words[2 * i] = 0
      words[2 * i + 1] = 0x7ff80000
    }
    const firstTimeMs = epochMs + numberOf(lane, seq) * frameMs
    return { count, points, values, words, firstTimeMs, firstStep: firstStepOf(plan, lane, seq) }
  }
}

/** Some frames log steps again that an earlier one logged. */
function firstStepOf(plan: Plan, lane: Lane, seq: number): number {
  const h = draw(plan.seed ^ lane.index, seq, 12)
  const slot = h % 16 === 0 ? Math.max(0, seq - 1 - ((h >>> 8) % 6)) : seq
  return lane.originStep + slot * lane.shape.stepsAtMost * lane.stride
}

function valueAt(start: number, index: number): number {
  const high = mix32(start + Math.imul(index, 0x9e3779b9))
  if ((high & 63) === 0) return oddValues[(high >>> 6) % oddValues.length]!
  const low = mix32(high ^ 0x5bd1e995)
  // 53 random bits, so that every bit of the mantissa is put to the test.
  return ((high * 2_097_152 + (low >>> 11)) / 9_007_199_254_740_992 - 0.5) * scales[low & 15]!
}
