import { getHeapStatistics } from 'node:v8'
import { findYoungCollection, letHeapGrow } from '../schema/young-heap.ts'

/** Bytes outside of the heap that may be added before the young part of the heap is collected. */
export const grownBytes = 8 * 2 ** 20

/**
 * To be called after each answer. What an answer was made of lies outside of the heap, in buffers that are garbage when it has gone out; but few small objects
 * stand for megabytes there, so collections of the young part come too seldom, and at 64 MB more than after the last one V8 goes through the whole
 * heap, for 20 to 30 ms: once in a dozen questions. A collection of the young part takes one, and comes between two questions.
 */
export function createYoungCollections(
  collect = findYoungCollection(),
  outside = () => getHeapStatistics().external_memory,
): () => void {
  letHeapGrow()
  let least = outside()
  let waiting = false
  return () => {
    if (waiting || !collect) return
    const bytes = outside()
    least = Math.min(least, bytes)
    if (bytes - least < grownBytes) return
    waiting = true
    setImmediate(() => {
      waiting = false
      collect()
      least = outside()
    })
  }
}
