import { freeMemory } from '../../schema/freed-memory.ts'
import { createPointsBatch, type PointsBatch } from './points.ts'

/** Smaller blocks take too little memory to care. */
export const largeRows = 100_000
/** Long enough that memory which is needed again soon is kept: new pages cost ten times what used ones do. */
export const restMs = 10_000

export type BlockMemory = {
  /** A block of so many rows has been inserted. */
  used(rows: number): void
  end(): void
}

/**
 * Gives back what large blocks took, once none has come for `restMs`: for each partition 8 bytes a row and those of its pieces in either of
 * `batches`, and 36 a row in whatever `giveBackRows` speaks for. A batch that is filling then, or being inserted, is looked at again later.
 */
export function createBlockMemory(batches: readonly PointsBatch[], giveBackRows: () => void): BlockMemory {
  let timer: NodeJS.Timeout | undefined

  function wait(): void {
    clearTimeout(timer)
    timer = setTimeout(giveBack, restMs)
    timer.unref()
  }

  function giveBack(): void {
    for (const batch of batches) if (batch.rows === 0) giveBackPoints(batch)
    giveBackRows()
    if (batches.some(({ values }) => values.length >= largeRows)) wait()
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
  const { values, pieces, groups, runs } = batch
  freeMemory(values)
  for (const arrays of [pieces, pieces.steps, pieces.times, groups, runs])
    for (const array of Object.values(arrays)) if (ArrayBuffer.isView(array)) freeMemory(array)
  Object.assign(batch, createPointsBatch())
}
