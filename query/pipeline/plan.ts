import { metricKey, runKey } from '../../schema/keys.ts'
import { limits } from '../../schema/limits.ts'
import { type Extent, seriesId } from '../series-reads.ts'
import type { Budget } from './budget.ts'
import { type Drawing, isOpen, type PipelineQuestion, type Range, type Target } from './question.ts'

/** One series of the answer, and the stored series that it is made of. */
export type Unit = {
  readonly run: string
  readonly target: Target
  readonly key: bigint
  /** Keys of the target's metrics, then of the metric along x, if there is one. */
  readonly inputs: readonly bigint[]
}

export function unitsOf({ project, runs, targets, drawing }: PipelineQuestion): Unit[] {
  return [...new Set(runs)].flatMap((run) => {
    const key = runKey(project, run)
    return targets.map((target) => ({ run, target, key, inputs: inputsOf(target, drawing) }))
  })
}

function inputsOf({ metrics }: Target, { axis, xMetric }: Drawing): bigint[] {
  const names = axis === 'METRIC' ? [...metrics, xMetric!] : metrics
  return names.map(metricKey)
}

/** Each once. */
export type Keys = { readonly runs: readonly bigint[]; readonly metrics: readonly bigint[] }

export const keysOf = (units: readonly Unit[]): Keys => ({
  runs: [...new Set(units.map(({ key }) => key))],
  metrics: [...new Set(units.flatMap(({ inputs }) => inputs))],
})

/** Which steps are read: with smoothing all from the first on, for what is drawn depends on those before it. */
export function stepsToRead({ steps, smoothing, after, repeated }: Drawing): Range {
  if (smoothing) return { from: -limits.stepMagnitude, to: steps.to }
  if (!after) return steps
  const next = repeated === 'ALL' ? after.step : after.step + 1
  return { from: Math.max(steps.from, next), to: steps.to }
}

/** Whether a page of RAW needs no more points read than it has, repeated ones aside. */
export function readsOnlyItsPage({ targets, drawing }: PipelineQuestion): boolean {
  const { reduction, smoothing, axis, time, relative } = drawing
  const plain = axis !== 'METRIC' && !smoothing && isOpen(time) && isOpen(relative)
  return reduction === 'RAW' && plain && targets.every(({ metrics }) => metrics.length === 1)
}

/** What is read at once: many short series in one statement, or a long one in pages. */
export type Job =
  | { readonly kind: 'together'; readonly units: readonly Unit[]; readonly steps: Range }
  | { readonly kind: 'paged'; readonly unit: Unit; readonly steps: Range; readonly enough?: number }

/**
 * @param rangeOf which steps of a unit are read; undefined when it has no points there
 * @throws TOO_COSTLY when more points would be read than one question may; those of a metric of two series count twice
 */
export function jobsOf(
  units: readonly Unit[],
  extents: readonly Extent[],
  rangeOf: (unit: Unit) => Range | undefined,
  pagePoints: number,
  budget: Budget,
): Job[] {
  const points = new Map(extents.map((extent) => [seriesId(extent.run, extent.metric), extent.points]))
  const sizeOf = ({ key, inputs }: Unit) =>
    inputs.reduce((sum, input) => sum + (points.get(seriesId(key, input)) ?? 0), 0)
  const sized = units.map((unit) => ({ unit, size: sizeOf(unit), steps: rangeOf(unit) }))
  budget.read(sized.reduce((sum, { size }) => sum + size, 0))
  const jobs: Job[] = []
  let [together, size]: [Unit[], number] = [[], 0]
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const close = () => {
    if (together.length > 0) jobs.push({ kind: 'together', units: together, steps: { from, to } })
    ;[together, size, from, to] = [[], 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  }
  for (const { unit, size: own, steps } of sized) {
    if (own === 0 || !steps) continue
    if (own > pagePoints) {
      jobs.push({ kind: 'paged', unit, steps })
      continue
    }
    if (size + own > pagePoints) close()
    together.push(unit)
    size += own
    from = Math.min(from, steps.from)
    to = Math.max(to, steps.to)
  }
  close()
  return jobs
}
