import { accuracyOf, lossOf, normOf, timingOf } from './curve-values.ts'
import type { Kind, Metric } from './metrics.ts'
import { mix32, normal, uniforms } from './random.ts'

/** Entries of a noise table: small enough for the second-level cache. */
const tableSize = 1 << 16
const tableMask = tableSize - 1
/** From a step to the next in a table. The metrics of one step lie side by side: more than any shape has, and odd. */
const stepStride = 101
/** How many different speeds the curves of one run have: what depends on speed and step alone is computed once for each. */
const speeds = 8

/** Everything that values are computed from, made once from the seed. */
export type Curves = {
  readonly metrics: readonly Metric[]
  /** Metrics of each kind, by their index. */
  readonly byKind: Readonly<Record<Kind, Uint16Array>>
  /** Normal noise. */
  readonly noise: Float64Array
  /** Log-normal noise with one spike in about 500 entries, for gradient norms. */
  readonly spikes: Float64Array
  /** Where in the tables a run begins, and how high and fast its curves are. */
  readonly runStart: Uint16Array
  readonly runLevel: Float64Array
  readonly runSpeed: Float64Array
  readonly metricLevel: Float64Array
  /** Which of the speeds a metric has. */
  readonly metricSpeed: Uint8Array
  readonly speed: Float64Array
}

export function makeCurves(seed: number, runs: number, metrics: readonly Metric[]): Curves {
  const uniform = uniforms(seed)
  const between = (low: number, high: number) => (): number => low + (high - low) * uniform()
  const fill = (length: number, next: () => number) => Float64Array.from({ length }, next)
  const indices = (kind: Kind) => Uint16Array.from(metrics.flatMap((metric, i) => (metric.kind === kind ? [i] : [])))
  return {
    metrics,
    byKind: {
      loss: indices('loss'),
      accuracy: indices('accuracy'),
      schedule: indices('schedule'),
      norm: indices('norm'),
      timing: indices('timing'),
    },
    noise: fill(tableSize, () => normal(uniform)),
    spikes: fill(tableSize, () => Math.exp(0.4 * normal(uniform)) * (uniform() < 0.002 ? 20 : 1)),
    runStart: Uint16Array.from({ length: runs }, (_, i) => mix32(seed ^ (0x10000000 + i)) & tableMask),
    runLevel: fill(runs, between(0.6, 1.6)),
    runSpeed: fill(runs, between(0.5, 2)),
    metricLevel: fill(metrics.length, between(0.5, 3)),
    metricSpeed: Uint8Array.from(metrics, (_, i) => mix32(seed ^ (0x20000000 + i)) % speeds),
    speed: fill(speeds, between(0.002, 0.02)),
  }
}

/** One run in about a hundred diverges: its losses are NaN from this step on, its norms infinite one step before. */
const divergenceStep = 12

export function diverges(run: number): boolean {
  return run % 101 === 7
}

/** Of the frame being filled: by speed and step what is left of the way down, and by step the learning rate. */
let left = new Float64Array(0)
let rates = new Float64Array(0)

/**
 * Writes the values of `count` steps of one run into `target` from `offset` on, all steps of the first metric first, as the
 * columnar frame wants them. This runs once per point beside the server under test: tables, multiplications, a division at most.
 */
export function fillValues(
  curves: Curves,
  run: number,
  firstStep: number,
  count: number,
  target: Float64Array,
  offset = 0,
): void {
  prepareSteps(curves, run, firstStep, count)
  if (count === 1) fillStep(curves, run, firstStep, target, offset)
  else fillSteps(curves, run, firstStep, count, target, offset)
  if (diverges(run) && firstStep + count > divergenceStep - 1) diverge(curves, firstStep, count, target, offset)
}

/** As `fillSteps`, of one step: the same values, without a loop for each. */
function fillStep(curves: Curves, run: number, step: number, target: Float64Array, offset: number): void {
  const { byKind, noise, spikes, metricLevel, metricSpeed } = curves
  const { loss, norm, accuracy, timing, schedule } = byKind
  const runLevel = curves.runLevel[run]!
  const start = curves.runStart[run]! + (step & tableMask) * stepStride
  for (let m = 0; m < loss.length; m++) {
    const metric = loss[m]!
    const level = metricLevel[metric]! * runLevel
    target[offset + metric] = lossOf(level, left[metricSpeed[metric]!]!, noise[(start + metric) & tableMask]!)
  }
  for (let m = 0; m < norm.length; m++) {
    const metric = norm[m]!
    const level = metricLevel[metric]! * runLevel
    target[offset + metric] = normOf(level, left[metricSpeed[metric]!]!, spikes[(start + metric) & tableMask]!)
  }
  for (let m = 0; m < accuracy.length; m++) {
    const metric = accuracy[m]!
    target[offset + metric] = accuracyOf(left[metricSpeed[metric]!]!, noise[(start + metric) & tableMask]!)
  }
  for (let m = 0; m < timing.length; m++) {
    const metric = timing[m]!
    const level = 120_000 * metricLevel[metric]! * runLevel
    target[offset + metric] = timingOf(level, noise[(start + metric) & tableMask]!)
  }
  for (let m = 0; m < schedule.length; m++) {
    target[offset + schedule[m]!] = metricLevel[schedule[m]!]! * runLevel * rates[0]!
  }
}

function fillSteps(
  curves: Curves,
  run: number,
  firstStep: number,
  count: number,
  target: Float64Array,
  offset: number,
): void {
  const { byKind, noise, spikes, metricLevel, metricSpeed } = curves
  const runLevel = curves.runLevel[run]!
  const start = curves.runStart[run]! + (firstStep & tableMask) * stepStride
  for (const metric of byKind.loss) {
    const level = metricLevel[metric]! * runLevel
    const way = metricSpeed[metric]! * count
    const at = offset + metric * count
    for (let i = 0, from = start + metric; i < count; i++, from += stepStride) {
      target[at + i] = lossOf(level, left[way + i]!, noise[from & tableMask]!)
    }
  }
  for (const metric of byKind.norm) {
    const level = metricLevel[metric]! * runLevel
    const way = metricSpeed[metric]! * count
    const at = offset + metric * count
    for (let i = 0, from = start + metric; i < count; i++, from += stepStride) {
      target[at + i] = normOf(level, left[way + i]!, spikes[from & tableMask]!)
    }
  }
  for (const metric of byKind.accuracy) {
    const way = metricSpeed[metric]! * count
    const at = offset + metric * count
    for (let i = 0, from = start + metric; i < count; i++, from += stepStride) {
      target[at + i] = accuracyOf(left[way + i]!, noise[from & tableMask]!)
    }
  }
  for (const metric of byKind.timing) {
    const level = 120_000 * metricLevel[metric]! * runLevel
    const at = offset + metric * count
    for (let i = 0, from = start + metric; i < count; i++, from += stepStride) {
      target[at + i] = timingOf(level, noise[from & tableMask]!)
    }
  }
  for (const metric of byKind.schedule) {
    const level = metricLevel[metric]! * runLevel
    for (let i = 0, at = offset + metric * count; i < count; i++) target[at + i] = level * rates[i]!
  }
}

function prepareSteps(curves: Curves, run: number, firstStep: number, count: number): void {
  if (rates.length < count) {
    left = new Float64Array(count * speeds)
    rates = new Float64Array(count)
  }
  const runSpeed = curves.runSpeed[run]!
  for (let which = 0; which < speeds; which++) {
    const speed = curves.speed[which]! * runSpeed
    for (let i = 0, at = which * count; i < count; i++) left[at + i] = 1 / (1 + (firstStep + i) * speed)
  }
  for (let i = 0; i < count; i++) {
    const step = firstStep + i + 1
    rates[i] = 1e-3 * Math.min(step * 0.01, Math.sqrt(100 / step))
  }
}

function diverge(curves: Curves, firstStep: number, count: number, target: Float64Array, offset: number): void {
  const begin = Math.min(count, Math.max(0, divergenceStep - firstStep))
  const before = divergenceStep - 1 - firstStep
  for (const kind of ['loss', 'norm'] as const) {
    for (const metric of curves.byKind[kind]) {
      const at = offset + metric * count
      target.fill(Number.NaN, at + begin, at + count)
      if (kind === 'norm' && before >= 0 && before < count) target[at + before] = Number.POSITIVE_INFINITY
    }
  }
}
