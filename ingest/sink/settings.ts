/** How the sink trades freshness for work. */
export type SinkSettings = {
  /** Rows at which a block is inserted however busy the store is, see `fullRows`. */
  readonly blockRows: number
  /**
   * The same of the only partition of a process while as many more wait in the log, and of one of several whose turn it is (`filling.ts`): they are read
   * late in any case, and larger blocks are merged less often. Absent: no more.
   */
  readonly blockRowsBehind?: number
  /** Shortest time from one insert's begin to the next while there is no hurry, see `insertPauseMs`. */
  readonly insertIntervalMs: number
  /** Longest pause between two flushes of summaries, unless they are of many series and take more than a tenth of it. */
  readonly flushIntervalMs: number
  /** Partitions of this process; absent: one. */
  readonly sharers?: number
  /** Rows from which a block of one partition is inserted by itself, and not together with those of others; absent: `soloRows`. */
  readonly soloRows?: number
  /** Series kept in memory; beyond it runs that were idle longest leave it. */
  readonly maximumSeries: number
}

export const defaultSinkSettings: SinkSettings = {
  blockRows: 1_000_000,
  insertIntervalMs: 200,
  flushIntervalMs: 5_000,
  maximumSeries: 2_000_000,
}

/** How many partitions the process has. */
export const sharersOf = ({ sharers = 1 }: SinkSettings) => sharers

/** Rows of a full block while so many wait in the log. `hasTurn`: it is this partition's turn to fill a large one, see `filling.ts`. */
export function fullRows(settings: SinkSettings, waitingRows: number, hasTurn: boolean): number {
  const { blockRows, blockRowsBehind = blockRows } = settings
  // Who is behind for a moment catches up sooner with blocks of the usual size, which take less time each.
  const isFarBehind = waitingRows >= blockRowsBehind && sharersOf(settings) === 1
  return isFarBehind || hasTurn ? blockRowsBehind : blockRows
}

/** Twice as many while that is behind, as far as memory for them is worth it. */
export const rowsBehind = (blockRows: number): number => Math.max(blockRows, Math.min(2 * blockRows, 4_000_000))

/** Of each partition of a process that has so many. Read before each batch of records, so partitions that come and go change every sink's share. */
export function sharedSettings(settings: SinkSettings, partitions: () => number): SinkSettings {
  const sharers = () => Math.max(partitions(), 1)
  return {
    ...settings,
    get sharers() {
      return sharers()
    },
    get maximumSeries() {
      return Math.ceil(settings.maximumSeries / sharers())
    },
  }
}

/**
 * Blocks of so many rows are worth a part of their own: with few runs and many steps of each they are cheaper to merge than joint ones. Smaller ones
 * are no less work for the store than a joint one has in all, and it takes one at a time, so that each partition waits for the others.
 */
const soloRows = 600_000

/** As many, unless a full block has fewer or the settings say otherwise. */
export const leastRowsAlone = (settings: SinkSettings): number =>
  settings.soloRows ?? Math.min(soloRows, settings.blockRows)

/**
 * From one insert's begin to the next. Each makes a part that must be merged, so where they take long, a partition inserts for a third of the time
 * at most, and for less where it inserts beside others of its process (`beside`, itself included): blocks become larger as the store gets busier,
 * which has less to do then for the same rows.
 */
export function insertPauseMs({ insertIntervalMs }: SinkSettings, lastTookMs: number, beside: number): number {
  const longestMs = Math.min(400 + 100 * beside, 1_000)
  return Math.max(insertIntervalMs, Math.min((2 + beside) * lastTookMs, longestMs))
}

const flushMinimumMs = 250

/** From one piece of a flush of many series to the next that took so long: such flushes take a tenth of the time. A burst of them would hold up points and questions. */
export const flushPeriodMs = (tookMs: number): number => 10 * tookMs

/** So long a partition rests for the flushes of others at most. */
export const longestRestMs = 60_000

/** Series that one insert takes: what a flush of no more of them took says how slow the store was, not how much there was to do. */
export const fewSeries = 50_000

/** Whether a flush of so many series is one of many: those of all partitions of the process together. */
export const isLargeFlush = (settings: SinkSettings, series: number): boolean =>
  series > fewSeries / sharersOf(settings)

/**
 * From one flush's begin to the next. One of few series is cheap and comes soon; of all partitions of the process they take a tenth of the time at
 * most, unless that were to take longer than asked. One of many also waits for its turn among those of all partitions (`flush-turns.ts`). Whoever asks
 * another process for summaries waits for it.
 */
export function flushIntervalMs(settings: SinkSettings, lastTookMs: number, lastSeries: number): number {
  const soon = Math.min(Math.max(flushMinimumMs, 50 * lastTookMs), settings.flushIntervalMs)
  if (isLargeFlush(settings, lastSeries)) return Math.max(soon, flushPeriodMs(lastTookMs))
  return Math.max(soon, Math.min(sharersOf(settings) * flushPeriodMs(lastTookMs), settings.flushIntervalMs))
}
