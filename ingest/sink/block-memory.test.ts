import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createBlockMemory, largeRows, restMs } from './block-memory.ts'
import { putCounting as put } from './blocks.fixture.ts'
import { clearPoints, createPointsBatch, type PointsBatch } from './points.ts'

/** Two batches that have each had a large block, whose rows are in the store. */
function setUp(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const batches = [createPointsBatch(), createPointsBatch()]
  let given = 0
  const memory = createBlockMemory(
    () => batches,
    () => given++,
  )
  for (const batch of batches) {
    put(batch, 0, largeRows)
    memory.used(batch.rows)
    clearPoints(batch)
  }
  return { batches, memory, given: () => given, pass: (ms: number) => t.mock.timers.tick(ms) }
}

const bytesOf = (batches: readonly PointsBatch[]) => batches.map(({ values }) => values.byteLength)

test('memory of large blocks is kept while they come, and given back when none has come for a while', (t) => {
  const { batches, memory, given, pass } = setUp(t)
  pass(restMs - 1)
  memory.used(largeRows)
  pass(restMs - 1)
  assert.ok(bytesOf(batches).every((bytes) => bytes >= largeRows * 8))
  const before = batches[0]!.values
  // Small ones do not need it.
  memory.used(largeRows - 1)
  pass(1)
  assert.equal(given(), 1)
  assert.ok(bytesOf(batches).every((bytes) => bytes < 100_000))
  assert.equal(before.byteLength, 0, 'nobody waits for a collection')
  pass(10 * restMs)
  assert.equal(given(), 1, 'and once')
})

test('a batch that has points then keeps them, and gives its memory back later', (t) => {
  const { batches, given, pass } = setUp(t)
  const [filling] = batches as [PointsBatch]
  put(filling, 0, 3)
  pass(restMs)
  assert.deepEqual([...filling.values.subarray(0, filling.rows)], [0, 1, 2])
  assert.ok(bytesOf(batches)[0]! >= largeRows * 8 && bytesOf(batches)[1]! < 100_000)
  clearPoints(filling)
  pass(restMs)
  assert.equal(given(), 2)
  assert.ok(bytesOf(batches).every((bytes) => bytes < 100_000))
})

test('what has given its memory back takes points as before', (t) => {
  const { batches, pass } = setUp(t)
  pass(restMs)
  for (const batch of batches) {
    put(batch, 0, 5)
    put(batch, 0, 2 * largeRows)
    assert.deepEqual(
      [batch.rows, batch.values[4], batch.values[batch.rows - 1], batch.pieces.length],
      [5 + 2 * largeRows, 4, 2 * largeRows - 1, 2],
    )
  }
})

test('a process whose sinks have ended leaves nothing behind', (t) => {
  const { batches, memory, given, pass } = setUp(t)
  memory.end()
  pass(restMs)
  assert.equal(given(), 0)
  assert.ok(bytesOf(batches).every((bytes) => bytes >= largeRows * 8))
})
