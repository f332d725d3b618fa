import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createInsertPace } from './insert-pace.ts'
import { defaultSinkSettings, rowsBehind } from './settings.ts'

const settings = { ...defaultSinkSettings, blockRows: 1_000, insertIntervalMs: 60_000 }

const noTurn = () => undefined

/** The pace of a partition whose block just began, after a read that brought all there was, or not. */
function paceAfter(isAll: boolean, sharers?: number, insertIntervalMs = settings.insertIntervalMs) {
  const pace = createInsertPace(
    { ...settings, insertIntervalMs, ...(sharers === undefined ? {} : { sharers }) },
    noTurn,
  )
  pace.began(1_000, 10)
  pace.read(isAll ? 0 : 1)
  return pace
}

test('a full block is due at once, a smaller one after the pause, or soon where somebody waits', () => {
  for (const sharers of [undefined, 1]) {
    const pace = paceAfter(true, sharers)
    assert.equal(pace.untilDueMs(1_000, false), 0)
    const pause = pace.untilDueMs(999, false)
    assert.ok(pause > 59_000 && pause <= 60_000, `${pause} ms`)
    assert.ok(pace.untilDueMs(999, true) <= 20)
  }
})

test('partitions that keep up make a full block together', () => {
  const pace = paceAfter(true, 4, 200)
  const beganMs = pace.began(1_000, 10)
  pace.ended(beganMs - 60_000, false)
  const soon = pace.untilDueMs(250, false)
  assert.ok(soon > 0 && soon <= 200, `${soon} ms: no sooner than the shortest time between two blocks`)
  assert.ok(pace.untilDueMs(249, false) > 300, 'the store took long for the last one')
  assert.ok(pace.untilDueMs(250, true) <= 20)
  assert.ok(pace.untilDueMs(1_000, false) <= 0)
  assert.ok(pace.goesAlong(125))
  assert.ok(!pace.goesAlong(124), 'it began just now')
})

test('one that is behind fills a block of its own', () => {
  const pace = paceAfter(false, 4, 0)
  pace.ended(performance.now() - 60_000, false)
  assert.ok(pace.untilDueMs(999, false) > 300)
  assert.equal(pace.untilDueMs(1_000, false), 0)
  assert.ok(!pace.goesAlong(499))
  pace.read(0)
  assert.ok(pace.untilDueMs(250, false) <= 0, 'it has caught up')
})

test('when nothing more comes, a block does not wait for rows any longer', async () => {
  for (const isAll of [true, false]) {
    const pace = paceAfter(isAll, 1, 10)
    // It took the store 100 ms, so the pause is of 300.
    pace.ended(performance.now() - 100, true)
    await sleep(150)
    pace.read(isAll ? 0 : 1)
    const wait = pace.untilDueMs(1, false)
    assert.ok(isAll ? wait > 50 && wait <= 100 : wait > 100 && wait <= 160, `${wait} ms`)
    await sleep(wait + 1)
    assert.ok(pace.untilDueMs(1, false) <= 0)
  }
})

test('the only partition of a process takes more rows in a block while as many more wait', () => {
  for (const sharers of [1, 2]) {
    const pace = createInsertPace({ ...settings, insertIntervalMs: 200, blockRowsBehind: 2_000, sharers }, noTurn)
    const most = sharers === 1 ? 2_000 : 1_000
    pace.began(1_000, 10)
    pace.read(20)
    const wait = pace.untilDueMs(most - 1, false)
    assert.ok(wait > 100 && wait <= 200, `${wait} ms`)
    assert.deepEqual([pace.isFull(most - 1), pace.isFull(most), pace.untilDueMs(most, false)], [false, true, 0])
    for (const left of [19, 0]) {
      pace.read(left)
      assert.deepEqual([pace.isFull(999), pace.isFull(1_000), pace.untilDueMs(1_000, false)], [false, true, 0])
    }
  }
})

test('that is twice the rows, as far as four million', () => {
  assert.deepEqual([1_000, 3_000_000, 9_000_000].map(rowsBehind), [2_000, 4_000_000, 9_000_000])
})

test('one whose turn it is has a large block, and goes when that is full, nothing is left, or it takes too long', () => {
  let turnMs: number | undefined = performance.now()
  const inTurn = { ...settings, blockRowsBehind: 2_000, sharers: 4 }
  const pace = createInsertPace(inTurn, () => turnMs)
  pace.began(1_000, 10)
  pace.read(10)
  for (const hurry of [false, true]) {
    const wait = pace.untilDueMs(1_999, hurry)
    assert.ok(wait > 1_500 && wait <= 2_000, `${wait} ms`)
    assert.deepEqual([pace.untilDueMs(2_000, hurry), pace.isFull(1_999), pace.isFull(2_000)], [0, false, true])
  }
  assert.ok(!pace.goesAlong(1_999))
  turnMs -= 2_000
  assert.ok(pace.untilDueMs(1, false) <= 0)
  turnMs += 2_000
  pace.read(0)
  assert.equal(pace.untilDueMs(1, false), 0)
  turnMs = undefined
  pace.read(10)
  assert.equal(pace.untilDueMs(1_000, false), 0)
  assert.ok(pace.goesAlong(1_000))
})

test('far behind is who has a block in the log that is worth a part of its own', () => {
  const pace = createInsertPace({ ...settings, soloRows: 600 }, noTurn)
  pace.read(1_000)
  assert.ok(!pace.isFarBehind(0, 0), 'nobody knows yet how many rows a record has')
  assert.ok(pace.isFarBehind(10, 10))
  pace.began(1_000, 10)
  for (const [left, is] of [
    [5, false],
    [6, true],
  ] as const) {
    pace.read(left)
    assert.equal(pace.isFarBehind(0, 0), is)
  }
  assert.ok(!pace.isFarBehind(50, 10))
})
