/** What a metric looks like; decides its curve and, with it, how its values compress. */
export type Kind = 'loss' | 'accuracy' | 'schedule' | 'norm' | 'timing'
export type Metric = { readonly name: string; readonly kind: Kind }
export type Shape = 'dense' | 'sparse'

/** How a frame of each shape is cut: `dense` is a fast job's buffer, `sparse` one step of a job with many metrics. */
export const shapes: Readonly<Record<Shape, { stepsPerFrame: number; stepMs: number; runs: number }>> = {
  dense: { stepsPerFrame: 100, stepMs: 250, runs: 1_000 },
  sparse: { stepsPerFrame: 1, stepMs: 1_000, runs: 10_000 },
}

const common: readonly Metric[] = [
  { name: 'train/loss', kind: 'loss' },
  { name: 'val/loss', kind: 'loss' },
  { name: 'train/accuracy', kind: 'accuracy' },
  { name: 'val/accuracy', kind: 'accuracy' },
  { name: 'optimizer/learning_rate', kind: 'schedule' },
  { name: 'grad_norm', kind: 'norm' },
  { name: 'time/step_ms', kind: 'timing' },
  { name: 'time/data_ms', kind: 'timing' },
]

const denseMetrics: readonly Metric[] = [
  ...common,
  { name: 'time/forward_ms', kind: 'timing' },
  { name: 'time/backward_ms', kind: 'timing' },
]

/** 8 common metrics and 23 layers of 4: 100, one point each a step. */
const sparseMetrics: readonly Metric[] = [
  ...common,
  ...Array.from({ length: 23 }, (_, layer): Metric[] => [
    { name: `layers/${layer}/grad_norm`, kind: 'norm' },
    { name: `layers/${layer}/update_norm`, kind: 'norm' },
    { name: `layers/${layer}/attention_entropy`, kind: 'loss' },
    { name: `layers/${layer}/dead_units`, kind: 'accuracy' },
  ]).flat(),
]

/** Metrics of every run of a shape, in the order of a frame's columns. */
export const metricsOf: Readonly<Record<Shape, readonly Metric[]>> = { dense: denseMetrics, sparse: sparseMetrics }
