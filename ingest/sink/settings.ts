/** How the sink trades freshness for work. */
export type SinkSettings = {
  /** Rows at which a block is inserted however busy the store is, see `fullRows`. */
  readonly blockRows: number
  /** The same of the only partition of a process while as many more wait in the log: they are read late in any case, and larger blocks are merged less often. Absent: no more. */
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

/** Rows of a full block while so many wait in the log. Not more beside other partitions, each of which has memory for three. */
export function fullRows(settings: SinkSettings, waitingRows: number): number {
  const { blockRows, blockRowsBehind = blockRows } = settings
  // Who is behind for a moment catches up sooner with blocks of the usual size, which take less time each.
  return waitingRows >= blockRowsBehind && sharersOf(settings) === 1 ? blockRowsBehind : blockRows
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
export const soloRows = 600_000

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

/**
 * How long a flush of many series rests after each insert: so that those of all partitions of the process take a tenth of the time together, as those
 * of a single one do. A burst of them would hold up points and questions.
 */
export const flushRestMs = (settings: SinkSettings, tookMs: number): number => periodMs(settings, tookMs) - tookMs

/** Longest time from one insert of summaries to the next for the sake of other partitions: after a store that was slow they are not to be late for long. */
const longestShareMs = 60_000

const periodMs = (settings: SinkSettings, tookMs: number): number =>
  Math.max(10 * tookMs, Math.min(10 * sharersOf(settings) * tookMs, longestShareMs))

/** Series that one insert takes: what a flush of no more of them took says how slow the store was, not how much there was to do. */
export const fewSeries = 50_000

/**
 * A flush of few series is cheap and comes soon; a large one may take a fiftieth of the time, and those of all partitions of the process never more
 * than a tenth. Whoever asks another process for summaries waits for it.
 */
export function flushIntervalMs(settings: SinkSettings, lastTookMs: number, lastSeries: number): number {
  const soon = Math.min(Math.max(flushMinimumMs, 50 * lastTookMs), settings.flushIntervalMs)
  const rarest = lastSeries > fewSeries / sharersOf(settings) ? Number.POSITIVE_INFINITY : settings.flushIntervalMs
  const rare = Math.min(periodMs(settings, lastTookMs), rarest)
  return Math.max(soon, rare)
}
