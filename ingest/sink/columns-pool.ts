import { createSortedPoints, type SortedPoints } from './sorted-points.ts'

/**
 * Memory for the rows of blocks on their way into the store, shared by the partitions of a process: each takes some only while
 * it inserts. Who comes when all are taken waits.
 */
export type ColumnsPool = { take(): Promise<SortedPoints>; giveBack(columns: SortedPoints): void }

/** While one block is on its way the next one is made ready. */
const most = 2

export function createColumnsPool(): ColumnsPool {
  const free: SortedPoints[] = []
  const waiting: ((columns: SortedPoints) => void)[] = []
  let made = 0
  return {
    async take() {
      const columns = free.pop()
      if (columns) return columns
      if (made++ < most) return createSortedPoints()
      return await new Promise((resolve) => waiting.push(resolve))
    },
    giveBack(columns) {
      const next = waiting.shift()
      if (next) next(columns)
      else free.push(columns)
    },
  }
}
