import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInsertPace } from './insert-pace.ts'
import { defaultSinkSettings } from './settings.ts'

const settings = { ...defaultSinkSettings, blockRows: 1_000, insertIntervalMs: 60_000 }

/** The pace of a partition whose block just began, after a read of so many of 100 bytes. */
function paceAfter(readBytes: number, sharers?: number) {
  const pace = createInsertPace({ ...settings, ...(sharers === undefined ? {} : { sharers }) })
  pace.began()
  pace.read(readBytes, 100)
  return pace
}

test('a full block is due at once, a smaller one after the pause, or soon where somebody waits', () => {
  for (const sharers of [undefined, 1]) {
    const pace = paceAfter(10, sharers)
    assert.equal(pace.untilDueMs(1_000, false), 0)
    const pause = pace.untilDueMs(999, false)
    assert.ok(pause > 59_000 && pause <= 60_000, `${pause} ms`)
    assert.ok(pace.untilDueMs(999, true) <= 20)
  }
})

test('partitions that keep up make a full block together', () => {
  const pace = paceAfter(10, 4)
  assert.equal(pace.untilDueMs(250, false), 0)
  assert.ok(pace.untilDueMs(249, false) > 59_000)
  assert.ok(pace.goesAlong(125))
  assert.ok(!pace.goesAlong(124), 'it began just now')
})

test('one that is behind fills a block of its own', () => {
  const pace = paceAfter(50, 4)
  assert.ok(pace.untilDueMs(999, false) > 59_000)
  assert.equal(pace.untilDueMs(1_000, false), 0)
  assert.ok(!pace.goesAlong(499))
  pace.read(49, 100)
  assert.equal(pace.untilDueMs(250, false), 0, 'it has caught up')
})
