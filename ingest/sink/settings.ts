/** How the sink trades freshness for work. */
export type SinkSettings = {
  /** Rows at which a block is inserted however busy the store is; also bounds the memory for columns (48 bytes a row, twice). */
  readonly blockRows: number
  /** Shortest time from one insert's begin to the next while there is no hurry, see `insertPauseMs`. */
  readonly insertIntervalMs: number
  /** Longest pause between two flushes of summaries, unless they take more than a tenth of it. */
  readonly flushIntervalMs: number
  /** Series kept in memory; beyond it runs that were idle longest leave it. */
  readonly maximumSeries: number
}

export const defaultSinkSettings: SinkSettings = {
  blockRows: 1_000_000,
  insertIntervalMs: 200,
  flushIntervalMs: 5_000,
  maximumSeries: 2_000_000,
}

const longestInsertPauseMs = 800

/**
 * From one insert's begin to the next. Each makes a part that must be merged, so where they take long, a partition inserts for half of the time at
 * most: blocks become larger as the store gets busier, and it has less to do for the same rows.
 */
export function insertPauseMs(settings: SinkSettings, lastTookMs: number): number {
  return Math.max(settings.insertIntervalMs, Math.min(2 * lastTookMs, longestInsertPauseMs))
}

const flushMinimumMs = 250

/** So much longer than each insert of many series took the flush rests before the next. A burst of them would hold up points and questions. */
export const restPerWork = 9

/** A flush of few series is cheap and comes soon; a large one may take a fiftieth of the time, and never more than a tenth. */
export function flushIntervalMs(settings: SinkSettings, lastTookMs: number): number {
  const soon = Math.max(flushMinimumMs, 50 * lastTookMs)
  return Math.max(Math.min(soon, settings.flushIntervalMs), 10 * lastTookMs)
}
