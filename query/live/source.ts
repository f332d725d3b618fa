import { limits } from '../../schema/limits.ts'
import { failure } from '../failures.ts'
import { bucketsIn, type Maybe, type RangeInput, rangeOf } from '../resolvers/inputs.ts'
import type { RunFilter } from '../sql/run-filter.ts'
import { runsCount } from '../sql/runs-page.ts'
import type { Watch } from './topics.ts'

/** What a field of `Subscription` resolves to: what to watch. Events are made for all viewers together, so that nothing is to be iterated. */
export type Source = {
  readonly field: 'series' | 'runs'
  readonly watch: Watch
  readonly after: string | undefined
}

export type SourceIterable = AsyncIterable<never> & { readonly source: Source }

/** The executor takes nothing but async iterables for a subscription. */
function iterable(source: Source): SourceIterable {
  return { source, [Symbol.asyncIterator]: () => emptyIterator }
}

const emptyIterator: AsyncIterator<never> = { next: async () => ({ done: true, value: undefined }) }

export const isSource = (value: object): value is SourceIterable => 'source' in value

export type LiveSeriesInput = RangeInput & {
  readonly project: string
  readonly runs: readonly string[]
  readonly metrics: readonly string[]
}

/** What watching series costs. @throws TOO_COSTLY beyond what one viewer may watch */
export function liveCost(input: LiveSeriesInput): { points: number; series: number } {
  const series = input.runs.length * input.metrics.length
  const points = series * bucketsIn(input)
  if (points > limits.livePointsPerViewer) {
    throw failure(
      'TOO_COSTLY',
      `the subscription would watch ${points} buckets (runs x metrics x buckets); at most ${limits.livePointsPerViewer} are allowed`,
    )
  }
  return { points, series }
}

export function watchSeries(
  _: unknown,
  { input, after }: { input: LiveSeriesInput; after?: Maybe<string> },
): SourceIterable {
  const { project, runs, metrics } = input
  if (runs.length === 0 || metrics.length === 0) throw failure('BAD_INPUT', 'runs and metrics must not be empty')
  const watch = { series: { project, runs, metrics, ...rangeOf(input) } }
  return iterable({ field: 'series', watch, after: after ?? undefined })
}

export type LiveRunsInput = {
  readonly project: string
  readonly filter?: Maybe<RunFilter>
  readonly summaries?: Maybe<boolean>
  readonly after?: Maybe<string>
}

export function watchRuns(_: unknown, { project, filter, summaries, after }: LiveRunsInput): SourceIterable {
  const list = { project, filter: filter ?? {}, summaries: summaries ?? false }
  // Says what is wrong with the filter before anything is watched, and whether it looks at summaries.
  const ofFilter = runsCount(project, list.filter)
  const watch = { runs: { ...list, summaries: list.summaries || ofFilter.summaries } }
  return iterable({ field: 'runs', watch, after: after ?? undefined })
}
