import { evaluate } from '../expressions/evaluate.ts'
import type { Drawn, Page, Settled } from './columns.ts'
import { createGatherer, type Gathered } from './gather.ts'
import { type Joined, joined } from './join.ts'
import { withinRanges } from './limit.ts'
import type { Drawing, Target } from './question.ts'
import { type Stream, settled } from './settle.ts'
import { createSmoother } from './smooth.ts'

export type SeriesToDraw = {
  readonly target: Target
  readonly drawing: Drawing
  /** When the run began, ms since 1970; NaN where nobody needs it. */
  readonly origin: number
  /** Points as they were logged: of the target's metrics in their order, then of the metric along x, if there is one. */
  readonly inputs: readonly Stream<Page>[]
  readonly times: boolean
}

export type DrawnSeries = Gathered & {
  readonly origin: number
  /** Points in the range of steps that are missing in the curve because another of its metrics has none at their step; null for pages of RAW. */
  readonly withoutPartner: number | null
  /** Points in the ranges that are missing because their x is not finite; null for pages of RAW. */
  readonly nonFiniteX: number | null
}

/** One series from its points to what is shown of it, page by page. */
export async function drawSeries(series: SeriesToDraw): Promise<DrawnSeries> {
  const { target, drawing, origin, inputs, times } = series
  const tally = { nonFiniteX: 0, withoutPartner: 0 }
  const onAlone = ({ steps }: Settled, from: number, to: number) => {
    const { from: first, to: last } = drawing.steps
    for (let i = from; i < to; i++) if (steps[i]! >= first && steps[i]! <= last) tally.withoutPartner++
  }
  const streams = inputs.map((input) => settled(input, drawing.repeated))
  const parts = target.metrics.length
  const blocks = streams.length === 1 ? alone(streams[0]!) : joined(streams, { parts, onAlone })
  const smooth = drawing.smoothing && createSmoother(drawing.smoothing)
  const gatherer = createGatherer(drawing, times)
  for await (const block of blocks) {
    const xs = axisOf(block, drawing, origin)
    const computed = valuesOf(target, block)
    const values = smooth ? smooth(xs, computed) : computed
    const drawn: Drawn = { steps: block.steps, values, xs, times: block.times, dropped: block.dropped }
    if (gatherer.add(withinRanges(drawn, drawing, origin, tally))) break
  }
  const counted = drawing.reduction === 'RAW' ? { withoutPartner: null, nonFiniteX: null } : tally
  return { ...gatherer.finish(), origin, ...counted }
}

async function* alone(stream: Stream<Settled>): AsyncGenerator<Joined> {
  for await (const { steps, times, dropped, values } of stream) yield { steps, times, dropped, values: [values] }
}

function axisOf({ steps, times, values }: Joined, { axis }: Drawing, origin: number): Float64Array {
  switch (axis) {
    case 'STEP':
      return steps
    case 'WALL_TIME':
      return times!
    case 'RELATIVE_TIME':
      return times!.map((time) => time - origin)
    case 'METRIC':
      return values.at(-1)!
    default:
      return axis satisfies never
  }
}

function valuesOf({ expression, metrics }: Target, { values, steps }: Joined): Float64Array {
  if (!expression) return values[0]!
  return evaluate(expression, (metric) => values[metrics.indexOf(metric)]!, steps.length)
}
