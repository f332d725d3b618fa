/** How the sink trades freshness for work. */
export type SinkSettings = {
  /** Rows at which a block is inserted however busy the store is; also bounds the memory for columns (48 bytes a row, twice). */
  readonly blockRows: number
  /** Shortest time from one insert's begin to the next while there is no hurry: each insert makes a part that must be merged. */
  readonly insertIntervalMs: number
  /** Shortest time between two flushes of summaries; they take at most a tenth of the time. */
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
