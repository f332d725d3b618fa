import { metricKey, partitionOf, runKey } from '../../schema/keys.ts'
import { limits } from '../../schema/limits.ts'
import type { Repeated } from '../reduce/repeated.ts'
import { seriesId } from '../series-reads.ts'
import { tooManyWatched } from './refusals.ts'
import type { SeriesState } from './series-state.ts'

/** Which series are watched, and how they are drawn. */
export type SeriesWatch = Range & {
  readonly project: string
  readonly runs: readonly string[]
  readonly metrics: readonly string[]
}

export type Range = {
  readonly fromStep: number
  readonly toStep: number
  readonly buckets: number
  readonly repeated: Repeated
}

/** One series in one drawing, for all who watch it. */
export type Watched = {
  readonly key: string
  readonly project: string
  readonly run: string
  readonly metric: string
  /** Its keys in the store, and both as one text. */
  readonly runKey: bigint
  readonly metricKey: bigint
  readonly id: string
  readonly partition: number
  readonly range: Range
  /** Who shows it. */
  readonly users: Set<User>
  /** Undefined until it was loaded. */
  state: SeriesState | undefined
  /** Everything up to here is in its state. */
  cut: number
  /** Its state may have points that are not below its cut, because it was loaded while more came in. */
  overlap: boolean
  /** From here on its state has nothing above its cut any more; undefined while nobody has looked. */
  sureAt: number | undefined
  /** It is to be loaded, or is being. */
  loading: boolean
}

/** All series that are watched, by key. */
export type WatchedSeries = {
  readonly all: ReadonlyMap<string, Watched>
  /** Buckets that all of them may have. */
  buckets(): number
  /** In the order of `Query.series`, each once. @throws TOO_MANY_WATCHED before anything is kept */
  acquire(watch: SeriesWatch, partitions: number, user: User): Watched[]
  release(watched: readonly Watched[], user: User): void
}

/** Learns of every change of a series. */
export type User = { touch(): void }

export function createWatchedSeries(): WatchedSeries {
  const all = new Map<string, Watched>()
  let buckets = 0
  return {
    all,
    buckets: () => buckets,
    acquire(watch, partitions, user) {
      const { project, runs, metrics, fromStep, toStep, repeated } = watch
      const range = { fromStep, toStep, buckets: watch.buckets, repeated }
      const asked = [...new Set(runs)].flatMap((run) =>
        [...new Set(metrics)].map((metric) => ({ run, metric, key: keyOf(project, run, metric, range) })),
      )
      const added = asked.filter(({ key }) => !all.has(key)).length
      if (all.size + added > limits.liveSeries || buckets + added * range.buckets > limits.liveBuckets)
        throw tooManyWatched()
      return asked.map(({ run, metric, key }) => {
        let watched = all.get(key)
        if (!watched) {
          watched = create(key, project, run, metric, range, partitions)
          all.set(key, watched)
          buckets += range.buckets
        }
        watched.users.add(user)
        return watched
      })
    },
    release(watched, user) {
      for (const one of watched) {
        one.users.delete(user)
        if (one.users.size > 0) continue
        all.delete(one.key)
        buckets -= one.range.buckets
      }
    },
  }
}

function create(key: string, project: string, run: string, metric: string, range: Range, partitions: number): Watched {
  const keys = { runKey: runKey(project, run), metricKey: metricKey(metric) }
  return {
    ...{ key, project, run, metric, ...keys, id: seriesId(keys.runKey, keys.metricKey), range },
    partition: partitionOf(keys.runKey, partitions),
    ...{ users: new Set<User>(), state: undefined, cut: -1, overlap: false, sureAt: undefined, loading: true },
  }
}

const keyOf = (project: string, run: string, metric: string, { fromStep, toStep, buckets, repeated }: Range) =>
  JSON.stringify([project, run, metric, fromStep, toStep, buckets, repeated])
