import { type Curves, makeCurves } from './curves.ts'
import { type Metric, metricsOf, type Shape, shapes } from './metrics.ts'
import { mix32 } from './random.ts'

/** What is sent, told in a few numbers: any process that has them can compute every point. */
export type DatasetSpec = {
  readonly shape: Shape
  readonly seed: number
  readonly project: string
  readonly runs: number
  readonly frames: number
}

export type Dataset = DatasetSpec & {
  readonly metrics: readonly Metric[]
  readonly stepsPerFrame: number
  readonly pointsPerFrame: number
  readonly points: number
  readonly stepMs: number
  /** Standard deviation of the jobs' clocks in ms. None: their steps are as far apart as they should be, and so they are in frames. */
  readonly clockNoiseMs?: number
  readonly curves: Curves
}

/** Frame `f` belongs to run `f % runs`: all runs log side by side, as jobs do. */
export function makeDataset(spec: DatasetSpec): Dataset {
  const metrics = metricsOf[spec.shape]
  const { stepsPerFrame, stepMs } = shapes[spec.shape]
  const pointsPerFrame = metrics.length * stepsPerFrame
  const points = pointsPerFrame * spec.frames
  const curves = makeCurves(spec.seed, spec.runs, metrics)
  return { ...spec, metrics, stepsPerFrame, pointsPerFrame, points, stepMs, curves }
}

/** Frames that hold at least so many points. */
export function framesFor(shape: Shape, points: number): number {
  return Math.max(1, Math.ceil(points / (metricsOf[shape].length * shapes[shape].stepsPerFrame)))
}

/** Frames of one run. */
export function blocksOf(dataset: DatasetSpec, run: number): number {
  return run >= dataset.frames ? 0 : Math.floor((dataset.frames - 1 - run) / dataset.runs) + 1
}

/** Every run's id has the same length, so that all frames of a dataset have one layout. */
export const runDigits = 6

export function runId(run: number): string {
  return `run-${String(run).padStart(runDigits, '0')}`
}

const epochMs = 1_750_000_000_000

/** Time of a run's step in ms: jobs started one after the other log at a steady pace. */
export function timeMs(dataset: Dataset, run: number, step: number): number {
  const steady = epochMs + run * 1_000 + step * dataset.stepMs
  if (dataset.clockNoiseMs === undefined) return steady
  const { noise } = dataset.curves
  return steady + Math.round(dataset.clockNoiseMs * noise[mix32(run * 0x9e3779b1 + step) % noise.length]!)
}
