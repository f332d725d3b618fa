import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenSeed, createRandom } from '../test/random.ts'
import { createFeed, type Pending } from './feed.ts'
import { pointsOf } from './frame.ts'
import { createLedger, fates, type Ledger } from './ledger.ts'
import { makePlan } from './plan.ts'

function newLedger(seed: number): Ledger {
  return createLedger(makePlan({ seed, runs: 30, points: 60_000 }))
}

test('under any failures every frame is decided, within its lane’s window, and few are given up on', () => {
  const seed = chosenSeed()
  const random = createRandom(seed)
  const ledger = newLedger(seed)
  const feed = createFeed({ ledger, lanes: ledger.lanes, random, allowance: () => Number.POSITIVE_INFINITY })
  const flying: Pending[] = []
  while (!feed.done()) {
    const frame = random() < 0.6 ? feed.take() : undefined
    if (frame) flying.push(frame)
    else if (flying.length > 0) {
      const [back] = flying.splice(Math.floor(random() * flying.length), 1)
      if (random() < 0.5) feed.acked(back!)
      else feed.failed(back!)
    }
    for (const { lane, next, settled } of ledger.lanes) assert.ok(next - settled <= lane.window, `seed ${seed}`)
  }
  let acked = 0
  for (const { lane, fate, next, settled, abandoned } of ledger.lanes) {
    assert.equal(settled, next)
    if (lane.writer !== undefined) assert.ok(abandoned <= lane.abandonsAtMost, `seed ${seed}`)
    for (let seq = 0; seq < next; seq++) {
      assert.ok(fate[seq] === fates.acked || fate[seq] === fates.abandoned)
      if (fate[seq] === fates.acked) acked += pointsOf(ledger.plan, lane, seq)
    }
  }
  const { counts } = ledger
  assert.equal(counts.acked, acked)
  assert.equal(counts.acked + counts.abandoned, counts.sent)
  assert.ok(counts.sent >= ledger.plan.points && counts.sentAgain > 0)
})

test('a frame without a number is never sent again', () => {
  const ledger = createLedger(makePlan({ seed: 3, runs: 200, points: 60_000 }))
  const lanes = ledger.lanes.filter(({ lane }) => lane.writer === undefined)
  assert.ok(lanes.length > 0)
  const feed = createFeed({ ledger, lanes, random: () => 0, allowance: () => Number.POSITIVE_INFINITY })
  const seen = new Set<string>()
  for (let frame = feed.take(); frame; frame = feed.take()) {
    const name = `${frame.of.lane.index}/${frame.seq}`
    assert.ok(!seen.has(name), name)
    seen.add(name)
    feed.failed(frame)
  }
  assert.equal(ledger.counts.acked, 0)
})

test('an acknowledgement that comes after its frame was given up on counts', () => {
  const ledger = newLedger(4)
  const feed = createFeed({
    ...{ ledger, lanes: ledger.lanes, random: createRandom(1) },
    allowance: () => Number.POSITIVE_INFINITY,
  })
  const frame = feed.take()!
  feed.giveUp()
  assert.equal(frame.of.fate[frame.seq], fates.abandoned)
  feed.acked(frame)
  assert.equal(frame.of.fate[frame.seq], fates.acked)
  assert.equal(ledger.counts.abandoned, 0)
  assert.equal(feed.open(), 0)
})

test('nothing new is given beyond what the faults allow', () => {
  const ledger = newLedger(5)
  const feed = createFeed({ ledger, lanes: ledger.lanes, random: createRandom(1), allowance: () => 1_000 })
  while (feed.take());
  assert.ok(ledger.counts.sent >= 1_000 && ledger.counts.sent < 1_000 + 60 * 50)
})
