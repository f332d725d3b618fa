import type { Expression } from '../expressions/expression.ts'
import type { Repeated } from '../reduce/repeated.ts'

/** What lies along x; as in the SDL. */
export type Axis = 'STEP' | 'RELATIVE_TIME' | 'WALL_TIME' | 'METRIC'

/** How points become fewer; as in the SDL. */
export type Reduction = 'M4' | 'LTTB' | 'MEAN' | 'LAST' | 'RAW'

/** A range, both ends inclusive. Infinite ends are open. */
export type Range = { readonly from: number; readonly to: number }
export const everything: Range = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
export const isOpen = ({ from, to }: Range) => from === everything.from && to === everything.to

export type Smoothing =
  | { readonly method: 'EMA'; readonly halfLife: number }
  | { readonly method: 'MOVING_AVERAGE'; readonly points: number }
  | { readonly method: 'MOVING_AVERAGE'; readonly width: number }

/** What one series shows: a metric, or an expression over metrics. */
export type Target = {
  /** Name of the metric, or the expression's text. */
  readonly name: string
  /** Metrics of which it is made, each once. */
  readonly metrics: readonly string[]
  /** Undefined: the metric itself. */
  readonly expression: Expression | undefined
}

/** Where a page of RAW begins: behind so many points of a step. */
export type Place = { readonly step: number; readonly skip: number }

/** How curves are drawn: everything about them but what they are of. */
export type Drawing = {
  readonly axis: Axis
  /** The metric along x; undefined for other axes. */
  readonly xMetric: string | undefined
  /** Steps; finite. */
  readonly steps: Range
  /** Ms since 1970. */
  readonly time: Range
  /** Ms since the run began. */
  readonly relative: Range
  /** Values of the metric along x. */
  readonly x: Range
  readonly repeated: Repeated
  readonly reduction: Reduction
  readonly smoothing: Smoothing | undefined
  readonly buckets: number
  /** Points of a page of RAW. */
  readonly pagePoints: number
  /** Where the page begins; undefined: at the start. */
  readonly after: Place | undefined
}

export type PipelineQuestion = {
  readonly project: string
  readonly runs: readonly string[]
  readonly targets: readonly Target[]
  readonly drawing: Drawing
  /** Whether the times of the points are part of the answer. */
  readonly times: boolean
}

/** Whether the curve needs the moments of points, or only shows them. */
export const needsTimes = ({ drawing, times }: PipelineQuestion): boolean =>
  times ||
  drawing.axis === 'RELATIVE_TIME' ||
  drawing.axis === 'WALL_TIME' ||
  !isOpen(drawing.time) ||
  needsOrigin(drawing)

/** Whether it must be known when the run began. */
export const needsOrigin = ({ axis, relative }: Drawing): boolean => axis === 'RELATIVE_TIME' || !isOpen(relative)

/** Whether `curves.ts` cannot answer it: then the points themselves are needed. */
export function needsPoints({ targets, drawing }: Pick<PipelineQuestion, 'targets' | 'drawing'>): boolean {
  const { axis, time, relative, x, reduction, smoothing } = drawing
  const plain = axis === 'STEP' && smoothing === undefined && isOpen(time) && isOpen(relative) && isOpen(x)
  const fromBuckets = reduction === 'M4' || reduction === 'LAST' || reduction === 'LTTB'
  return !(plain && fromBuckets && targets.every(({ expression }) => expression === undefined))
}
