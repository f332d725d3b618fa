import type { ReadOptions, StoreReader, Watermark } from '../schema/store.ts'
import type { Leaderboards } from './columns/leaderboards.ts'
import type { Budget } from './pipeline/budget.ts'
import type { LetterLoaders } from './resolvers/letter-loaders.ts'
import type { RunLoaders } from './resolvers/run-loaders.ts'
import type { SeriesLoader } from './resolvers/series-load.ts'
import type { Turn } from './turns.ts'

export type QuerySettings = {
  /** How long one question to the store may take. */
  readonly queryTimeoutMs: number
  /** How long an answer waits for the write named by `at`. */
  readonly watermarkTimeoutMs: number
  /** Operations that run side by side. */
  readonly operationsAtOnce: number
  /** Operations that wait for their turn; the next one is refused with `BUSY`. */
  readonly operationsWaiting: number
  /** Longest life of an event stream, ms. */
  readonly streamLifetimeMs: number
  /** Shortest time between two looks at the store for those who watch, ms. */
  readonly liveRestMs: number
  /** Memory for columns of runs, which make leaderboards quick; bytes. */
  readonly leaderboardBytes?: number
  /** Projects with fewer rows of runs are asked in SQL each time. */
  readonly leaderboardFromRuns?: number
}

/** What the resolvers of one request work with. */
export type Context = {
  readonly reader: StoreReader
  readonly watermark: Watermark
  readonly settings: QuerySettings
  /** Time limit and the client's own abort. */
  readonly readOptions: ReadOptions
  /** Points that the fields of this request may still have read. */
  readonly budget: Budget
  readonly seriesLoader: SeriesLoader
  readonly runLoaders: RunLoaders
  readonly letterLoaders: LetterLoaders
  readonly leaderboards: Leaderboards
  /** The operation's place among those that run at once; absent where what is watched is rendered. */
  readonly turn?: Turn
}
