import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { createLateWrites, lateWritesMemory } from './late-writes.ts'

test('a late range is known of wherever the memory is seen, from before it is written on', () => {
  const memory = lateWritesMemory()
  const writes = createLateWrites(memory)
  const asks = createLateWrites(memory)
  const before = asks.mark(5n, 9n)
  assert.equal(typeof before, 'number')
  const written = writes.begin([
    { run: 5n, metric: 9n },
    { run: 5n, metric: 9n },
  ])
  assert.equal(asks.mark(5n, 9n), undefined)
  assert.equal(typeof asks.mark(5n, 10n), 'number')
  written()
  const after = asks.mark(5n, 9n)
  assert.notEqual(after, undefined)
  assert.notEqual(after, before)
  written()
  assert.equal(asks.mark(5n, 9n), after)
})
