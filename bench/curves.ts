import type { Kind, Metric } from './metrics.ts'
import { mix32, normal, uniforms } from './random.ts'

/** Entries of a noise table: small enough for the second-level cache, read from another place by every series. */
const tableSize = 1 << 16
const tableMask = tableSize - 1

/** Everything that values are computed from, made once from the seed. */
export type Curves = {
  readonly metrics: readonly Metric[]
  /** Normal noise. */
  readonly noise: Float64Array
  /** Log-normal noise with one spike in about 500 entries, for gradient norms. */
  readonly spikes: Float64Array
  /** Where in the tables a run and a metric begin, and how high and fast their curves are. */
  readonly runStart: Uint16Array
  readonly runLevel: Float64Array
  readonly runSpeed: Float64Array
  readonly metricStart: Uint16Array
  readonly metricLevel: Float64Array
  readonly metricSpeed: Float64Array
}

export function makeCurves(seed: number, runs: number, metrics: readonly Metric[]): Curves {
  const uniform = uniforms(seed)
  const between = (low: number, high: number) => (): number => low + (high - low) * uniform()
  const fill = (length: number, next: () => number) => Float64Array.from({ length }, next)
  const starts = (length: number, salt: number) =>
    Uint16Array.from({ length }, (_, i) => mix32(seed ^ (salt + i)) & tableMask)
  return {
    metrics,
    noise: fill(tableSize, () => normal(uniform)),
    spikes: fill(tableSize, () => Math.exp(0.4 * normal(uniform)) * (uniform() < 0.002 ? 20 : 1)),
    runStart: starts(runs, 0x10000000),
    runLevel: fill(runs, between(0.6, 1.6)),
    runSpeed: fill(runs, between(0.5, 2)),
    metricStart: starts(metrics.length, 0x20000000),
    metricLevel: fill(metrics.length, between(0.5, 3)),
    metricSpeed: fill(metrics.length, between(0.002, 0.02)),
  }
}

/** One run in about a hundred diverges: its losses are NaN from this step on, its norms infinite one step before. */
const divergenceStep = 12

export function diverges(run: number): boolean {
  return run % 101 === 7
}

/**
 * Writes the values of `count` steps of one run, all steps of the first metric first, as the columnar frame wants them.
 * This runs once per point beside the server under test: tables, multiplications and one division, no object.
 */
export function fillValues(curves: Curves, run: number, firstStep: number, count: number, target: Float64Array): void {
  for (let metric = 0; metric < curves.metrics.length; metric++) {
    fillSeries(curves, run, metric, firstStep, count, target, metric * count)
  }
}

function fillSeries(
  curves: Curves,
  run: number,
  metric: number,
  firstStep: number,
  count: number,
  target: Float64Array,
  offset: number,
): void {
  const kind = curves.metrics[metric]!.kind
  const table = kind === 'norm' ? curves.spikes : curves.noise
  const start = curves.runStart[run]! + curves.metricStart[metric]! + firstStep
  const level = curves.metricLevel[metric]! * curves.runLevel[run]!
  const speed = curves.metricSpeed[metric]! * curves.runSpeed[run]!
  for (let i = 0; i < count; i++) {
    target[offset + i] = valueAt(kind, level, speed, firstStep + i, table[(start + i) & tableMask]!)
  }
  if (diverges(run) && firstStep + count >= divergenceStep) diverge(kind, firstStep, count, target, offset)
}

/** A switch instead of functions by kind: it is inlined, and the branch goes the same way for a whole series. */
function valueAt(kind: Kind, level: number, speed: number, step: number, noise: number): number {
  const left = 1 / (1 + step * speed)
  switch (kind) {
    case 'loss':
      return level * (0.05 + left) * (1 + 0.04 * noise)
    case 'accuracy': {
      const accuracy = 0.98 - 0.88 * left + 0.012 * noise
      return Math.round(Math.min(1, Math.max(0, accuracy)) * 10_000) / 10_000
    }
    case 'schedule':
      return level * 1e-3 * Math.min((step + 1) * 0.01, Math.sqrt(100 / (step + 1)))
    case 'norm':
      return level * (0.2 + left) * noise
    case 'timing':
      return Math.round((120 * level + 6 * Math.abs(noise)) * 1_000) / 1_000
  }
}

function diverge(kind: Kind, firstStep: number, count: number, target: Float64Array, offset: number): void {
  if (kind !== 'loss' && kind !== 'norm') return
  const begin = Math.max(0, divergenceStep - firstStep)
  target.fill(Number.NaN, offset + Math.min(begin, count), offset + count)
  const before = divergenceStep - 1 - firstStep
  if (kind === 'norm' && before >= 0 && before < count) target[offset + before] = Number.POSITIVE_INFINITY
}
