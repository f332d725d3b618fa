import { limits } from '../../schema/limits.ts'
import { failure } from '../failures.ts'
import { bucketsIn, type Maybe, type RangeInput, rangeOf } from '../resolvers/inputs.ts'
import type { SeriesWatch } from './watched.ts'

/** What a field of `Subscription` resolves to: what to watch. Events are made for all viewers together, so that nothing is to be iterated. */
export type Source = {
  readonly field: 'series'
  readonly watch: { readonly series: SeriesWatch }
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

export function watchSeries(_: unknown, { input, after }: { input: LiveSeriesInput; after?: Maybe<string> }) {
  const { project, runs, metrics } = input
  if (runs.length === 0 || metrics.length === 0) throw failure('BAD_INPUT', 'runs and metrics must not be empty')
  return iterable({
    field: 'series',
    watch: { series: { project, runs, metrics, ...rangeOf(input) } },
    after: after ?? undefined,
  })
}
