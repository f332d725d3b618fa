import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import type { Points } from '../reduce/buckets.ts'
import { bySeries, seriesId } from '../series-reads.ts'
import { type LiveStretch, liveFirstSteps, livePoints } from '../sql/live-points.ts'
import { ask, integers, numbers, values } from '../sql/read.ts'

/** Points of one series in the order of step, then of logging, and each one's order in the log. */
export type LoggedPoints = Points & { readonly ords: Float64Array }

export const noLogged: LoggedPoints = {
  steps: new Float64Array(0),
  values: new Float64Array(0),
  ords: new Float64Array(0),
}

/** By `seriesId`; undefined when there are more than `rows`. A series is in one stretch only. */
export async function readLogged(
  reader: StoreReader,
  stretches: readonly LiveStretch[],
  rows: number,
  options: ReadOptions,
): Promise<Map<string, LoggedPoints> | undefined> {
  if (stretches.length === 0) return new Map()
  const answer = await ask(reader, livePoints(stretches, rows + 1), options)
  if (answer.rows > rows) return undefined
  const [steps, logged, ords] = [numbers(answer, 'step'), values(answer, 'code'), numbers(answer, 'ord')]
  return bySeries(answer, (from, to) => ({
    steps: steps.subarray(from, to),
    values: logged.subarray(from, to),
    ords: ords.subarray(from, to),
  }))
}

/** The lowest step of each series in a stretch, by `seriesId`. */
export async function readFirstSteps(
  reader: StoreReader,
  stretch: LiveStretch,
  options: ReadOptions,
): Promise<Map<string, number>> {
  const answer = await ask(reader, liveFirstSteps(stretch), options)
  const [runs, metrics, steps] = [integers(answer, 'run'), integers(answer, 'metric'), numbers(answer, 'firstStep')]
  return new Map(Array.from(steps, (step, row) => [seriesId(runs[row]!, metrics[row]!), step]))
}
