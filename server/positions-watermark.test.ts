import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogPositions, Position } from '../ingest/log/log.ts'
import { Refusal } from '../schema/errors.ts'
import { StaleToken, WatermarkTimeout } from '../schema/store.ts'
import { formatToken, parseToken } from '../schema/token.ts'
import { createPositionsWatermark } from './positions-watermark.ts'

const nothing: Position = { end: 0, stored: 0, flushed: 0, newestMs: 0 }
const token = (offsets: [partition: number, offset: number][], log = 'log') =>
  formatToken({ log, offsets: new Map(offsets) })
const quick = { pollMs: 10, freshMs: 20, silentMs: 150, now: () => 1_000 }
const wait = { summaries: false, timeoutMs: 100 }

/** A log whose positions the test sets; it can be away, or hang. */
function createPositions(partitions = 2) {
  const state = {
    positions: Array.from({ length: partitions }, () => nothing),
    asked: 0,
    mood: 'well' as 'well' | 'away' | 'hangs',
  }
  const log: LogPositions = {
    id: 'log',
    partitions,
    async positions() {
      state.asked++
      if (state.mood === 'hangs') await new Promise(() => {})
      if (state.mood === 'away') throw new Refusal('log_unavailable')
      return [...state.positions]
    },
  }
  const set = (partition: number, change: Partial<Position>) => {
    state.positions[partition] = { ...state.positions[partition]!, ...change }
  }
  return { log, state, set }
}

test('it says what the sinks have committed, a moment late', async () => {
  const { log, set } = createPositions()
  set(0, { end: 7, stored: 5, newestMs: 400 })
  set(1, { end: 3, stored: 3, newestMs: 300 })
  const watermark = createPositionsWatermark(log, quick)
  await sleep(5)
  assert.deepEqual(
    parseToken(watermark.current())!.offsets,
    new Map([
      [0, 4],
      [1, 2],
    ]),
  )
  assert.equal(watermark.currentTimeMs(), 400)
  set(0, { stored: 7 })
  await sleep(30)
  watermark.current()
  await sleep(5)
  assert.equal(parseToken(watermark.current())!.offsets.get(0), 6)
  assert.equal(watermark.currentTimeMs(), 1_000, 'nothing is behind')
})

test('who asks for what is new gets it, and who may have what is older asks nobody', async () => {
  const { log, state, set } = createPositions()
  set(0, { end: 3, stored: 1 })
  const watermark = createPositionsWatermark(log, quick)
  await watermark.refresh(20)
  const { asked } = state
  set(0, { stored: 3 })
  await sleep(25)
  await watermark.refresh(60_000)
  assert.equal(state.asked, asked)
  assert.equal(watermark.progress().stored[0], 0)
  await watermark.refresh(20)
  assert.equal(state.asked, asked + 1)
  assert.equal(watermark.progress().stored[0], 2)
})

test('a log that hangs holds up who asks for what is new for a moment, and who comes later not at all', async () => {
  const { log, state, set } = createPositions()
  set(0, { end: 3, stored: 1 })
  const watermark = createPositionsWatermark(log, { ...quick, momentMs: 60 })
  await watermark.refresh(0)
  state.mood = 'hangs'
  set(0, { stored: 3 })
  await sleep(5)
  const began = performance.now()
  await watermark.refresh(0)
  const moment = performance.now() - began
  assert.ok(moment >= 55 && moment < 1_000, `${moment} ms`)
  const later = performance.now()
  for (let i = 0; i < 5; i++) await watermark.refresh(0)
  assert.ok(performance.now() - later < 50)
  assert.equal(watermark.progress().stored[0], 0)
})

test('a look that was asked for too long ago is followed by another', async () => {
  const { log, state, set } = createPositions()
  set(0, { end: 3, stored: 1 })
  let answer = () => {}
  const slow = {
    ...log,
    positions: () => new Promise<Position[]>((resolve) => (answer = () => resolve(state.positions))),
  }
  const watermark = createPositionsWatermark(slow, { ...quick, momentMs: 1_000 })
  await sleep(40)
  const refreshed = watermark.refresh(20)
  answer()
  await sleep(5)
  set(0, { stored: 3 })
  answer()
  await refreshed
  assert.equal(watermark.progress().stored[0], 2)
})

test('a look that failed a moment ago is not made again for each who asks', async () => {
  const { log, state } = createPositions()
  state.mood = 'away'
  const watermark = createPositionsWatermark(log, { ...quick, freshMs: 1_000 })
  for (let i = 0; i < 10; i++) await watermark.refresh(0)
  assert.equal(state.asked, 1)
})

test('who waits for a write is let go when its points are stored, or its summaries', async () => {
  const { log, set } = createPositions()
  const watermark = createPositionsWatermark(log, quick)
  set(0, { end: 5 })
  const order: string[] = []
  const points = watermark
    .reached(token([[0, 4]]), { summaries: false, timeoutMs: 5_000 })
    .then(() => order.push('points'))
  const summaries = watermark
    .reached(token([[0, 4]]), { summaries: true, timeoutMs: 5_000 })
    .then(() => order.push('summaries'))
  await sleep(50)
  assert.deepEqual(order, [])
  set(0, { stored: 5 })
  await points
  await sleep(50)
  assert.deepEqual(order, ['points'])
  set(0, { flushed: 5 })
  await summaries
  await watermark.reached(token([]), wait)
})

test('many who wait share the looks at the log', async () => {
  const { log, state, set } = createPositions()
  const watermark = createPositionsWatermark(log, quick)
  set(0, { end: 1 })
  const all = Array.from({ length: 200 }, () =>
    watermark.reached(token([[0, 0]]), { summaries: false, timeoutMs: 5_000 }),
  )
  await sleep(100)
  set(0, { stored: 1 })
  await Promise.all(all)
  assert.ok(state.asked <= 20, `${state.asked} looks`)
})

const stale: [sentence: string, at: string][] = [
  ['no token', 'x'],
  ['a token of another log', token([[0, 0]], 'other')],
  ['a position beyond the end', token([[0, 2]])],
  ['a partition that is not there', token([[2, 0]])],
]
for (const [sentence, at] of stale) {
  test(`${sentence} is refused as stale`, async () => {
    const { log, set } = createPositions()
    set(0, { end: 2 })
    const watermark = createPositionsWatermark(log, quick)
    await assert.rejects(watermark.reached(at, { summaries: false, timeoutMs: 5_000 }), StaleToken)
  })
}

test('a write that was acknowledged after the last look is no stale one', async () => {
  const { log, set } = createPositions()
  const watermark = createPositionsWatermark(log, { ...quick, freshMs: 60_000 })
  await sleep(5)
  set(0, { end: 1, stored: 1 })
  await watermark.reached(token([[0, 0]]), { summaries: false, timeoutMs: 5_000 })
})

test('who waits in vain is told so in time', async () => {
  const { log, set } = createPositions()
  set(0, { end: 1 })
  const watermark = createPositionsWatermark(log, quick)
  await assert.rejects(watermark.reached(token([[0, 0]]), wait), WatermarkTimeout)
})

for (const mood of ['away', 'hangs'] as const) {
  test(`while the log ${mood === 'away' ? 'is away' : 'hangs'}, what was known stands, and nothing more is claimed`, async () => {
    const { log, state, set } = createPositions()
    set(0, { end: 3, stored: 2, newestMs: 500 })
    const watermark = createPositionsWatermark(log, quick)
    await sleep(5)
    state.mood = mood
    set(0, { end: 3, stored: 3 })
    await sleep(30)
    const known = watermark.current()
    assert.equal(parseToken(known)!.offsets.get(0), 1)
    assert.equal(watermark.currentTimeMs(), 500)
    await watermark.reached(known, wait)
    const began = performance.now()
    const waiting = watermark.reached(token([[0, 2]]), { summaries: false, timeoutMs: 5_000 })
    await assert.rejects(waiting, (error) => error instanceof WatermarkTimeout && /does not answer/.test(error.message))
    assert.ok(performance.now() - began < 1_000)
    await sleep(200)
    assert.match((await watermark.trouble())!, /does not say/)
    if (mood === 'hangs') return
    state.mood = 'well'
    await watermark.reached(token([[0, 2]]), { summaries: false, timeoutMs: 5_000 })
    assert.equal(await watermark.trouble(), undefined)
  })
}

test('those who follow are called when the sinks have committed more, and the log is asked for nobody', async () => {
  const { log, state, set } = createPositions()
  const watermark = createPositionsWatermark(log, quick)
  await sleep(15)
  let calls = 0
  const unfollow = watermark.follow(() => calls++)
  await sleep(40)
  assert.equal(calls, 0)
  set(1, { end: 4, stored: 3, flushed: 1 })
  await sleep(40)
  assert.equal(calls, 1)
  assert.deepEqual(watermark.progress(), { log: 'log', stored: [-1, 2], flushed: [-1, 0] })
  state.mood = 'away'
  await sleep(40)
  assert.deepEqual(watermark.progress().stored, [-1, 2])
  unfollow()
  await sleep(30)
  const { asked } = state
  await sleep(40)
  assert.equal(state.asked, asked)
})

test('those who follow are called also for what somebody else looked for first', async () => {
  const { log, set } = createPositions()
  const watermark = createPositionsWatermark(log, { ...quick, pollMs: 100 })
  await sleep(5)
  const seen: number[] = []
  const unfollow = watermark.follow(() => seen.push(watermark.progress().stored[0]!))
  await sleep(30)
  set(0, { end: 3, stored: 3 })
  watermark.current()
  await sleep(5)
  assert.equal(watermark.progress().stored[0], 2, 'the question found it')
  assert.deepEqual(seen, [])
  await sleep(120)
  unfollow()
  assert.deepEqual(seen, [2])
})
