import { setImmediate } from 'node:timers/promises'
import { createLending } from '../store/lending.ts'
import { createFigureRows, type FigureRows } from './figure-rows.ts'
import type { Pace } from './pace.ts'
import { createSeriesRows, type SeriesRows } from './series-rows.ts'
import { flushPeriodMs, longestRestMs } from './settings.ts'

/** Memory for the rows of one piece of summaries, some 11 MB: two tables of `fewSeries` rows. */
export type FlushMemory = { readonly series: SeriesRows; readonly figures: FigureRows }

export type FlushTurn = {
  readonly memory: FlushMemory
  /** The piece is stored, and took so much work, ms. */
  done(workedMs: number): void
  /** It is not, and something may still read its memory. */
  failed(): void
}

/**
 * Pieces of the summaries of all partitions of a process. Each needs memory until its rows are stored, for which it may have to wait until the points
 * before are; and a piece of many series holds up points and questions, so together they take a tenth of the time.
 */
export type FlushTurns = {
  /**
   * Waits for memory and, while the pace of its partition is not hasty, for so long after the partition's last piece, and a piece of many series then for
   * its part of the time of all partitions.
   */
  take(pace: Pace, isLarge: boolean, restMs?: number): Promise<FlushTurn>
}

/** A piece waits for the block before, which may take a second or more where the store is busy: others go on meanwhile. */
const most = 4

export function createFlushTurns(): FlushTurns {
  const now = () => performance.now()
  const makeMemory = (): FlushMemory => ({ series: createSeriesRows(), figures: createFigureRows(setImmediate) })
  const memories = createLending(most, makeMemory)
  let nextMs = Number.NEGATIVE_INFINITY
  /** What the last large piece took: about what the next one will. */
  let expectedMs = 0

  function putOff(ms: number): void {
    nextMs = Math.min(nextMs + ms, now() + longestRestMs)
  }

  return {
    async take(pace, isLarge, restMs = 0) {
      const restedMs = now() + restMs
      // Where the store is slow, or partitions are many, nobody waits for the others for longer than this.
      const latestMs = restedMs + longestRestMs
      const dueMs = () => (isLarge ? Math.max(restedMs, Math.min(nextMs, latestMs)) : restedMs)
      const waitMs = () => (pace.hasty() ? 0 : dueMs() - now())
      let memory: FlushMemory
      for (;;) {
        while (waitMs() > 0) await pace.pause(waitMs())
        memory = await memories.take()
        if (waitMs() <= 0) break
        memories.giveBack(memory)
      }
      const expected = expectedMs
      if (isLarge) {
        nextMs = Math.max(nextMs, now())
        putOff(flushPeriodMs(expected))
      }
      return {
        memory,
        done(workedMs) {
          memories.giveBack(memory)
          if (!isLarge) return
          expectedMs = workedMs
          putOff(flushPeriodMs(workedMs - expected))
        },
        failed: () => memories.giveBack(makeMemory()),
      }
    },
  }
}
