import { createLending, type Lending } from '../store/lending.ts'
import { createBlockMemory } from './block-memory.ts'
import type { ColumnsPool } from './columns-pool.ts'
import { type Batch, clearBatch, createBatch } from './state.ts'

/** Since when it is somebody's, ms. */
export type FillTurn = { sinceMs: number }

/** One block is inserted, the rows of the next are made, and a third fills. */
const mostTurns = 3

/** Batches of all partitions of a process: so that not each keeps the memory of the largest block it ever had. */
export type Batches = {
  /** An empty one; `large`: for a block of very many rows. */
  take(large: boolean): Batch
  /** Nobody needs any more what is in it. */
  giveBack(batch: Batch): void
  /** A block of so many rows has been inserted, with those of other partitions that may have been in it. */
  used(rows: number): void
  /** Whose turn it is to fill a large block. */
  readonly turns: Lending<FillTurn>
  end(): void
}

export function createBatches(columns: ColumnsPool): Batches {
  const all: Batch[] = []
  const free = new Set<Batch>()
  const memory = createBlockMemory(() => all.map(({ points }) => points), columns.giveBackMemory)

  return {
    take(large) {
      let best: Batch | undefined
      for (const batch of free) {
        const room = batch.points.values.length
        if (!best || (large ? room > best.points.values.length : room < best.points.values.length)) best = batch
      }
      if (!best) {
        best = createBatch()
        all.push(best)
      }
      free.delete(best)
      return best
    },
    giveBack(batch) {
      clearBatch(batch)
      free.add(batch)
    },
    used: memory.used,
    turns: createLending(mostTurns, () => ({ sinceMs: 0 })),
    end: memory.end,
  }
}
