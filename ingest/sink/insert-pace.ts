import { fullRows, insertPauseMs, leastRowsAlone, type SinkSettings, sharersOf } from './settings.ts'

const hurryIntervalMs = 20
/** Nothing more has come for so long: it will not either, as far as anyone knows, and a block gets no larger by waiting. */
const quietMs = 100

/** So long a partition that is far behind has for a full block: some ten times what it takes. */
const longestTurnMs = 2_000

/** When a partition inserts next, by how long the store took for its last block. */
export type InsertPace = {
  /** Something was read, and so many records are left in the log. */
  read(recordsLeft: number): void
  /** A block of these begins. Returns when, ms. */
  began(rows: number, records: number): number
  /** A block that began then is stored. `alone`: by itself, not with points of other partitions. */
  ended(beganMs: number, alone: boolean): void
  /** Whether a block takes no more rows. */
  isFull(rows: number): boolean
  /** Whether what is left in the log makes a block that is worth a part of its own. `rows`: of so many records that were read last. */
  isFarBehind(rows: number, records: number): boolean
  /** Until a block of so many rows is due, ms; it is where this is not above 0. `hurry`: somebody waits for it. */
  untilDueMs(rows: number, hurry: boolean): number
  /** Whether a block of so many rows goes along with those of other partitions that begin now, for soon it would be due. */
  goesAlong(rows: number): boolean
}

/** `turnMs`: since when it is this partition's turn to fill a large block, for which others wait. */
export function createInsertPace(settings: SinkSettings, turnMs: () => number | undefined): InsertPace {
  let beganMs = Number.NEGATIVE_INFINITY
  let endMs = Number.NEGATIVE_INFINITY
  let tookMs = 0
  let wentAlone = false
  /** Before the first read there may be some. */
  let recordsLeft = 1
  let rowsPerRecord = 0
  let readMs = Number.NEGATIVE_INFINITY
  const sinceLastMs = () => performance.now() - beganMs
  const pauseMs = () => insertPauseMs(settings, tookMs, wentAlone ? sharersOf(settings) : 1)
  /** The pause of a block that gets no larger any more: half of the time is left to the store. */
  const quietPauseMs = () => Math.max(settings.insertIntervalMs, 2 * tookMs, readMs + quietMs - beganMs)
  const hasCaughtUp = () => recordsLeft <= 0
  const full = () => fullRows(settings, recordsLeft * rowsPerRecord, turnMs() !== undefined)
  // Partitions that keep up make a full block together, and none need wait longer for it than a single one would. Those that are behind have large
  // blocks of their own, which are less work.
  const dueRows = () => full() / (hasCaughtUp() ? sharersOf(settings) : 1)
  return {
    read(left) {
      recordsLeft = left
      readMs = performance.now()
    },
    began(rows, records) {
      rowsPerRecord = rows / records
      beganMs = performance.now()
      return beganMs
    },
    ended(began, alone) {
      const now = performance.now()
      // One that waited for another took the store no time until then.
      tookMs = now - Math.max(began, endMs)
      endMs = now
      wentAlone = alone
    },
    isFull: (rows) => rows >= full(),
    untilDueMs(rows, hurry) {
      if (rows >= full()) return 0
      const turnBeganMs = turnMs()
      if (turnBeganMs !== undefined) return hasCaughtUp() ? 0 : turnBeganMs + longestTurnMs - performance.now()
      const pause = hurry ? hurryIntervalMs : hasCaughtUp() ? Math.min(pauseMs(), quietPauseMs()) : pauseMs()
      // Where one partition has most of what comes in, its share of a block is small.
      return (rows >= dueRows() ? Math.min(pause, settings.insertIntervalMs) : pause) - sinceLastMs()
    },
    isFarBehind(rows, records) {
      const perRecord = records > 0 ? rows / records : rowsPerRecord
      return recordsLeft * perRecord >= leastRowsAlone(settings)
    },
    goesAlong: (rows) => turnMs() === undefined && (sinceLastMs() >= pauseMs() / 2 || rows >= dueRows() / 2),
  }
}
