import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import { createYoungCollections, grownBytes } from './collections.ts'

test('the young part of the heap is collected after answers that left much outside of it, once for all of one turn', async () => {
  let outside = 50 * grownBytes
  const seen: number[] = []
  const answered = createYoungCollections(
    () => {
      seen.push(outside)
      outside = 50 * grownBytes
    },
    () => outside,
  )
  const answer = async (bytes: number) => {
    outside += bytes
    answered()
    answered()
    await setImmediate()
    return seen.length
  }
  assert.equal(await answer(grownBytes / 2), 0)
  assert.equal(await answer(grownBytes / 2), 1)
  assert.equal(await answer(grownBytes - 1), 1)
  // What somebody else freed is not waited for again.
  outside = 20 * grownBytes
  assert.equal(await answer(0), 1)
  assert.equal(await answer(grownBytes), 2)
})

test('the engine has such a collection, and buffers that nobody has any more are gone after it', async () => {
  const answered = createYoungCollections()
  const before = getHeapStatistics().external_memory
  // Fewer than would have it collected by the engine itself.
  const buffers = 7
  for (let i = 0; i < buffers; i++) {
    new Uint8Array(grownBytes).fill(i)
    answered()
    await sleep(5)
  }
  const left = getHeapStatistics().external_memory - before
  assert.ok(left < (buffers / 2) * grownBytes, `${left} bytes are left`)
  assert.equal(typeof (globalThis as { gc?: unknown }).gc, 'undefined')
})
