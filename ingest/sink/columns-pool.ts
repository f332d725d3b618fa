import { createLending, type Lending } from '../store/lending.ts'
import { createSortedPoints, giveBackSortedPoints, type SortedPoints } from './sorted-points.ts'

/**
 * Memory for the rows of blocks on their way into the store, shared by the partitions of a process: each takes some only while
 * it inserts.
 */
export type ColumnsPool = Lending<SortedPoints> & {
  /** For a block that has to wait for its turn. One at a time has memory meanwhile, so that there is always some for those that it waits for. */
  takeEarly(turn: Promise<void>): Promise<SortedPoints>
  /** Gives the memory of rows back that are not on their way. */
  giveBackMemory(): void
}

/** While one block is on its way the next one is made ready. */
const most = 2

/** `leastRowsPerPlace`: of `SortedPoints`. */
export function createColumnsPool(leastRowsPerPlace?: number): ColumnsPool {
  const pool = createLending(most, () => createSortedPoints(undefined, leastRowsPerPlace))
  const early = createLending(most - 1, () => ({}))
  return {
    ...pool,
    giveBackMemory() {
      for (const columns of pool.free) giveBackSortedPoints(columns)
    },
    async takeEarly(turn) {
      const place = await early.take()
      const giveBack = () => early.giveBack(place)
      turn.then(giveBack, giveBack)
      return await pool.take()
    },
  }
}
