/** What a peer is given: the benchmark's own points, or series that are all of one kind, to see what such values take on disk. */
import { makeCurves } from '../curves.ts'
import { type Dataset, type DatasetSpec, makeDataset } from '../dataset.ts'

export const valueKinds = ['loss', 'accuracy'] as const
export type ValueKind = (typeof valueKinds)[number]

export type PeerData =
  | ({ readonly kind: 'shape' } & DatasetSpec)
  /** `loss`: noisy float64, every bit of the mantissa in use. `accuracy`: rounded to 4 digits. */
  | {
      readonly kind: 'values'
      readonly values: ValueKind
      readonly seed: number
      readonly series: number
      readonly steps: number
      /** Less than a tenth of a step, so that times go up. */
      readonly clockNoiseMs?: number | undefined
    }

const metricsPerRun = 50
const stepsPerFrame = 100

export function peerDataset(data: PeerData): Dataset {
  if (data.kind === 'shape') return makeDataset(data)
  const { values, seed, series, steps, clockNoiseMs } = data
  if (series % metricsPerRun !== 0 || steps % stepsPerFrame !== 0) {
    throw new Error(`${series} series x ${steps} steps: not multiples of ${metricsPerRun} and ${stepsPerFrame}`)
  }
  const metrics = Array.from({ length: metricsPerRun }, (_, i) => ({ name: `${values}/${i}`, kind: values }))
  // So few runs have none that diverges, so all values are finite.
  const runs = series / metricsPerRun
  const frames = (runs * steps) / stepsPerFrame
  return {
    shape: 'dense',
    seed,
    project: `bytes-${values}`,
    runs,
    frames,
    metrics,
    stepsPerFrame,
    pointsPerFrame: metrics.length * stepsPerFrame,
    points: series * steps,
    stepMs: 250,
    ...(clockNoiseMs ? { clockNoiseMs } : {}),
    curves: makeCurves(seed, runs, metrics),
  }
}
