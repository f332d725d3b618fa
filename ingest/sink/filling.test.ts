import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { putCounting as put } from './blocks.fixture.ts'
import { createFilling, type Filling } from './filling.ts'
import { defaultSinkSettings } from './settings.ts'
import { createSharedParts } from './shared-parts.ts'
import type { Batch } from './state.ts'

function setUp(partitions: number, sharers = partitions) {
  const { batches } = createSharedParts()
  const stopping = Array.from({ length: partitions }, () => new AbortController())
  const settings = { ...defaultSinkSettings, sharers }
  const fillings = stopping.map(({ signal }) => createFilling(batches, settings, signal))
  return { batches, fillings, stopping }
}

/** Those that go on, having their turn or needing none; the others wait. */
async function whoGoOn(waits: readonly Promise<void>[]): Promise<number[]> {
  const numbers: number[] = []
  waits.forEach((wait, number) => void wait.then(() => numbers.push(number)))
  for (let i = 0; i < 5; i++) await setImmediate()
  return numbers
}

function fill(filling: Filling, rows: number): Batch {
  const batch = filling.batch()
  batch.first = 0
  put(batch.points, 0, rows)
  return batch
}

const roomOf = ({ points }: Batch) => points.values.length

test('of partitions that are far behind three fill a block, and the next one when one is stored', async () => {
  const { fillings } = setUp(6)
  const waits = fillings.map((filling, number) => filling.turn(number !== 2))
  assert.deepEqual((await whoGoOn(waits)).sort(), [0, 1, 2, 3])
  assert.deepEqual(
    fillings.map((filling) => filling.turnMs() !== undefined),
    [true, true, false, true, false, false],
  )
  const departed = fillings[0]!.depart()
  assert.equal(fillings[0]!.turnMs(), undefined)
  assert.equal((await whoGoOn(waits)).length, 4, 'the turn goes with the block')
  fillings[0]!.arrived(departed)
  assert.ok((await whoGoOn(waits)).includes(4))
  const again = fillings[0]!.turn(true)
  fillings[1]!.end()
  assert.deepEqual(await whoGoOn([waits[5]!, again]), [0], 'first come, first served')
  fillings[3]!.end()
  assert.deepEqual(await whoGoOn([again]), [0])
})

test('a block that may be large gets the memory of large ones, any other the least there is', async () => {
  const { fillings } = setUp(2)
  const [one, other] = fillings as [Filling, Filling]
  fill(one, 50_000)
  const large = one.depart()
  fill(one, 10)
  one.arrived(large)
  await one.turn(true)
  assert.ok(roomOf(one.batch()) < 50_000, 'it has points already')
  await other.turn(true)
  assert.equal(other.batch(), large)
  assert.deepEqual([large.first, large.points.rows], [-1, 0])
  other.depart()
  assert.ok(roomOf(other.batch()) < 50_000)
})

test('the only partition of a process needs no turn, and uses the same memory again', async () => {
  const { fillings } = setUp(4, 1)
  assert.equal((await whoGoOn(fillings.map((filling) => filling.turn(true)))).length, 4)
  const [filling] = fillings as [Filling]
  assert.equal(filling.turnMs(), undefined)
  fill(filling, 50_000)
  const first = filling.depart()
  fill(filling, 10)
  const second = filling.depart()
  filling.arrived(second)
  filling.arrived(first)
  filling.depart()
  assert.equal(filling.batch(), first)
})

test('a partition that is to stop does not wait, and leaves its turn to others', async () => {
  const { fillings, stopping } = setUp(5)
  const waits = fillings.map((filling) => filling.turn(true))
  stopping[3]!.abort()
  assert.deepEqual((await whoGoOn(waits)).sort(), [0, 1, 2, 3])
  assert.equal(fillings[3]!.turnMs(), undefined)
  await fillings[3]!.turn(true)
  fillings[0]!.end()
  fillings[0]!.end()
  assert.deepEqual(await whoGoOn([waits[4]!]), [0])
  const later = [fillings[3]!, ...setUp(1).fillings].map((filling) => filling.turn(false))
  assert.equal((await whoGoOn(later)).length, 2)
})

test('one that has caught up before it read anything leaves its turn to others', async () => {
  const { fillings } = setUp(5)
  const waits = fillings.map((filling) => filling.turn(true))
  await whoGoOn(waits)
  fill(fillings[0]!, 10)
  await fillings[0]!.turn(false)
  assert.notEqual(fillings[0]!.turnMs(), undefined, 'it has to bring what it read')
  await fillings[1]!.turn(false)
  assert.equal(fillings[1]!.turnMs(), undefined)
  assert.deepEqual((await whoGoOn(waits)).sort(), [0, 1, 2, 3])
})

test('batches of partitions that have ended serve others', () => {
  const { batches, fillings } = setUp(2)
  const theirs = fillings.map((filling) => filling.batch())
  fill(fillings[0]!, 10)
  for (const filling of fillings) filling.end()
  const again = [batches.take(false), batches.take(false)]
  assert.deepEqual(new Set(again), new Set(theirs))
  assert.ok(again.every(({ first, points }) => first === -1 && points.rows === 0))
  assert.ok(!theirs.includes(batches.take(false)))
})
