import { insertPauseMs, type SinkSettings } from './settings.ts'

/** A read that brings less than this part of what it may has brought what there was. */
const allThereWas = 0.5
const hurryIntervalMs = 20

/** When a partition inserts next, by how long the store took for its last block. */
export type InsertPace = {
  /** So many bytes were read, and so many might have come. */
  read(bytes: number, mostBytes: number): void

  /** A block begins. Returns when, ms. */
  began(): number
  /** A block that began then is stored. `alone`: by itself, not with points of other partitions. */
  ended(beganMs: number, alone: boolean): void
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
  let hasCaughtUp = false
  const sharers = () => settings.sharers ?? 1
  const sinceLastMs = () => performance.now() - beganMs
  const pauseMs = () => insertPauseMs(settings, tookMs, wentAlone ? sharers() : 1)
  // Of partitions that keep up all together make a full block, and none waits longer for it than a single one would. Those that are behind have
  // large blocks of their own, which are less work.
  const fullRows = () => settings.blockRows / (hasCaughtUp ? sharers() : 1)
  return {
    read(bytes, mostBytes) {
      hasCaughtUp = bytes < mostBytes * allThereWas
    },
    began() {
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
    untilDueMs: (rows, hurry) => (rows >= fullRows() ? 0 : (hurry ? hurryIntervalMs : pauseMs()) - sinceLastMs()),
    goesAlong: (rows) => sinceLastMs() >= pauseMs() / 2 || rows >= fullRows() / 2,
  }
}
