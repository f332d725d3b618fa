import type { Batch, BatchWriter } from './frames.ts'

export type PooledBatch = { readonly batch: Batch; readonly giveBack: () => void }
/** Batches that all connections share; one comes back when the system has taken its bytes. */
export type BatchPool = { readonly take: () => PooledBatch }

export function createBatchPool(writer: BatchWriter): BatchPool {
  const free: PooledBatch[] = []
  function make(): PooledBatch {
    const pooled: PooledBatch = { batch: writer.create(), giveBack: () => void free.push(pooled) }
    return pooled
  }
  return { take: () => free.pop() ?? make() }
}
