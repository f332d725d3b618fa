import { insertPauseMs, type SinkSettings } from './settings.ts'

/** When a partition inserts next, by how long the store took for its last block. */
export type InsertPace = {
  /** A block begins. Returns when, ms. */
  began(): number
  /** A block that began then is stored. `alone`: by itself, not with points of other partitions. */
  ended(beganMs: number, alone: boolean): void
  /** Since a block began, ms. */
  sinceLastMs(): number
  pauseMs(): number
}

export function createInsertPace(settings: SinkSettings): InsertPace {
  let beganMs = Number.NEGATIVE_INFINITY
  let endMs = Number.NEGATIVE_INFINITY
  let tookMs = 0
  let wentAlone = false
  return {
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
    sinceLastMs: () => performance.now() - beganMs,
    pauseMs: () => insertPauseMs(settings, tookMs, wentAlone ? (settings.sharers ?? 1) : 1),
  }
}
