import { createLending, type Lending } from '../store/lending.ts'
import { createSortedPoints, type SortedPoints } from './sorted-points.ts'

/**
 * Memory for the rows of blocks on their way into the store, shared by the partitions of a process: each takes some only while
 * it inserts.
 */
export type ColumnsPool = Lending<SortedPoints>

/** While one block is on its way the next one is made ready. */
const most = 2

export function createColumnsPool(): ColumnsPool {
  return createLending(most, () => createSortedPoints())
}
