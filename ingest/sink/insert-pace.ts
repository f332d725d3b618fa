import { fullRows, insertPauseMs, type SinkSettings, sharersOf } from './settings.ts'

const hurryIntervalMs = 20
/** Nothing more has come for so long: it will not either, as far as anyone knows, and a block gets no larger by waiting. */
const quietMs = 100

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
  /** Until a block of so many rows is due, ms; it is where this is not above 0. `hurry`: somebody waits for it. */
  untilDueMs(rows: number, hurry: boolean): number
  /** Whether a block of so many rows goes along with those of other partitions that begin now, for soon it would be due. */
  goesAlong(rows: number): boolean
}

export function createInsertPace(settings: SinkSettings): InsertPace {
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
  const full = () => fullRows(settings, recordsLeft * rowsPerRecord)
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
      const pause = hurry ? hurryIntervalMs : hasCaughtUp() ? Math.min(pauseMs(), quietPauseMs()) : pauseMs()
      // Where one partition has most of what comes in, its share of a block is small.
      return (rows >= dueRows() ? Math.min(pause, settings.insertIntervalMs) : pause) - sinceLastMs()
    },
    goesAlong: (rows) => sinceLastMs() >= pauseMs() / 2 || rows >= dueRows() / 2,
  }
}
