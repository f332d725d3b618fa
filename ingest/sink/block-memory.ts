import { freeArraysOf } from '../../schema/freed-memory.ts'
import { createPointsBatch, type PointsBatch } from './points.ts'

/** Smaller blocks take too little memory to care. */
export const largeRows = 100_000
/** Long enough that memory which is needed again soon is kept: new pages cost ten times what used ones do. */
export const restMs = 60_000

export type BlockMemory = {
  /** A block of so many rows has been inserted, with those of other partitions that may have been in it. */
  used(rows: number): void
  end(): void
}

/**
 * Gives back what large blocks of a process took, once none has come for `restMs`: that of `batches`, and what `giveBackRows` gives back. A batch that is filling then, or being inserted, is looked at again later.
 */
export function createBlockMemory(batches: () => readonly PointsBatch[], giveBackRows: () => void): BlockMemory {
  let timer: NodeJS.Timeout | undefined

  function wait(): void {
    clearTimeout(timer)
    timer = setTimeout(giveBack, restMs)
    timer.unref()
  }

  function giveBack(): void {
    for (const batch of batches()) if (batch.rows === 0) giveBackPoints(batch)
    giveBackRows()
    if (batches().some(({ values }) => values.length >= largeRows)) wait()
  }

  return {
    used(rows) {
      if (rows >= largeRows) wait()
    },
    end: () => clearTimeout(timer),
  }
}

/** The memory of a batch without points is free at once; it takes some anew when points come. */
function giveBackPoints(batch: PointsBatch): void {
  const { pieces, groups, runs } = batch
  freeArraysOf(batch, pieces, pieces.steps, pieces.times, groups, runs)
  Object.assign(batch, createPointsBatch())
}
