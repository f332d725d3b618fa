import { limits } from '../../schema/limits.ts'
import { extentsIn } from '../series-reads.ts'
import { ask } from '../sql/read.ts'
import { timeStretches } from '../sql/time-stretches.ts'
import { lookingThrough } from './budget.ts'
import type { PageReading } from './pages.ts'
import type { Keys } from './plan.ts'
import { isOpen, type PipelineQuestion, type Range } from './question.ts'

/** Steps between which each series has all of its points of the asked range of time, by `seriesId`; a series without such points is left out. */
export type Stretches = ReadonlyMap<string, Range>

/**
 * Whether a range of time bounds the steps that must be read. Not where points before it have a say (smoothing), or where those of several metrics
 * meet, for then those that meet none are counted over all steps.
 */
export function timeBoundsSteps({ drawing, targets }: PipelineQuestion): boolean {
  const { time, relative, smoothing, axis } = drawing
  if (isOpen(time) && isOpen(relative)) return false
  return !smoothing && axis !== 'METRIC' && targets.every(({ metrics }) => metrics.length === 1)
}

export async function readStretches(
  { reader, options }: PageReading,
  { time, relative }: PipelineQuestion['drawing'],
  { runs, metrics }: Keys,
  steps: Range,
  originOf: (run: bigint) => number,
): Promise<Stretches> {
  const bounds = runs.map((run) => {
    const origin = isOpen(relative) ? 0 : originOf(run)
    return {
      from: Math.max(limits.timeMinimumMs, time.from, Math.ceil(relative.from + origin)),
      to: Math.min(limits.timeMaximumMs, time.to, Math.floor(relative.to + origin)),
    }
  })
  const known = runs.flatMap((run, i) => (bounds[i]!.from <= bounds[i]!.to ? [{ run, ...bounds[i]! }] : []))
  if (known.length === 0) return new Map()
  const statement = timeStretches({
    ...{ runs: known.map(({ run }) => run), metrics, fromStep: steps.from, toStep: steps.to },
    ...{ fromTimes: known.map(({ from }) => from), toTimes: known.map(({ to }) => to) },
  })
  const answer = await lookingThrough(options(), (bounded) => ask(reader, statement, bounded))
  return new Map(extentsIn(answer).map(({ id, firstStep, lastStep }) => [id, { from: firstStep, to: lastStep }]))
}
