import { limits } from '../../schema/limits.ts'
import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { emptyCurve, loadCurves } from '../curves.ts'
import { groupBy } from '../group-by.ts'
import type { Cut } from './position.ts'
import { stateOfCurve } from './series-state.ts'
import type { Watched } from './watched.ts'

/** Series that are asked for in one question: one drawing, and each of the runs with each of the metrics. */
type Group = {
  readonly one: Watched
  readonly byRun: ReadonlyMap<string, Watched[]>
  readonly metrics: readonly string[]
}

/** Buckets of one question, so that neither the store nor this process has to hold much at once. */
const bucketsPerQuestion = 200_000

/** Loads series as `Query.series` would answer them. `cut`: what the store surely has when this begins. */
export async function loadSeries(
  reader: StoreReader,
  series: readonly Watched[],
  cut: Cut,
  options: ReadOptions,
): Promise<void> {
  for (const group of groupsOf(series)) {
    const { one, byRun, metrics } = group
    const question = { project: one.project, metrics, ...one.range }
    const runs = [...byRun.keys()]
    const runsAtOnce = Math.max(
      1,
      Math.min(
        Math.floor(limits.seriesPerAnswer / metrics.length),
        Math.floor(bucketsPerQuestion / (metrics.length * one.range.buckets)),
      ),
    )
    for (let from = 0; from < runs.length; from += runsAtOnce) {
      const some = runs.slice(from, from + runsAtOnce)
      const curves = await loadCurves(reader, { ...question, runs: some }, options)
      for (const watched of some.flatMap((run) => byRun.get(run)!)) {
        const offset = cut[watched.partition]!
        watched.state = stateOfCurve(curves.get(watched.id) ?? emptyCurve, watched.range, offset)
        watched.cut = offset
        watched.overlap = true
        watched.sureAt = undefined
        watched.loading = false
      }
    }
  }
}

/** Runs with the same metrics go together. */
function groupsOf(series: readonly Watched[]): Group[] {
  const drawings = groupBy(series, ({ project, range }) => JSON.stringify([project, range]))
  return [...drawings.values()].flatMap((drawing) => {
    const byRun = [...groupBy(drawing, ({ run }) => run)]
    const metricsOf = (some: readonly Watched[]) => some.map(({ metric }) => metric).sort()
    const alike = groupBy(byRun, ([, some]) => JSON.stringify(metricsOf(some)))
    return [...alike.values()].map((runs) => ({
      one: runs[0]![1][0]!,
      byRun: new Map(runs),
      metrics: metricsOf(runs[0]![1]),
    }))
  })
}
