import { type Batches, createBatches } from './batches.ts'
import { type ColumnsPool, createColumnsPool } from './columns-pool.ts'
import { createFlushTurns, type FlushTurns } from './flush-turns.ts'

/** The memory that the sinks of a process share, and whose turn it is to use it. */
export type SharedParts = {
  readonly columns: ColumnsPool
  readonly batches: Batches
  readonly flushTurns: FlushTurns
}

/** `leastRowsPerPlace`: of `SortedPoints`. */
export function createSharedParts(leastRowsPerPlace?: number): SharedParts {
  const columns = createColumnsPool(leastRowsPerPlace)
  return { columns, batches: createBatches(columns), flushTurns: createFlushTurns() }
}
