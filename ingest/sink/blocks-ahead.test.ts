import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { decodedBits, numberOf } from '../../schema/value-codes.fixture.ts'
import { createRandom } from '../../test/random.ts'
import { deferred } from '../deferred.fixture.ts'
import type { Turn } from '../store/insert.ts'
import type { BlockColumn } from '../store/native-block.ts'
import { putCounting as put, range } from './blocks.fixture.ts'
import { createColumnsPool } from './columns-pool.ts'
import { recordOf } from './frames.fixture.ts'
import { createLife } from './life.fixture.ts'
import { createMemoryLog } from './memory-log.fixture.ts'
import { createMemorySink } from './memory-sink.fixture.ts'
import { createMemoryStore, rowAt } from './memory-store.fixture.ts'
import { createPointsBatch } from './points.ts'
import { createPointsInsert } from './points-insert.ts'
import type { SinkParts } from './sink.ts'

type Sent = {
  readonly token: string | undefined
  readonly values: readonly number[]
  readonly state: () => 'brought' | 'inserted'
  /** Whether its columns still have their memory. */
  isThere(): boolean
  land(): void
}

/** A store whose blocks land when they are told to. `held`: what the log says of the partition. */
function setUp(held = () => true) {
  const sent: Sent[] = []
  async function insertBlock(
    _: string,
    rows: number,
    columns: readonly BlockColumn[],
    token?: string,
    turn?: Turn,
  ): Promise<void> {
    const code = columns.find(({ name }) => name === 'code')!
    const values = Array.from({ length: rows }, (_, row) => numberOf(decodedBits(rowAt([code], row).code as bigint)))
    let state: 'brought' | 'inserted' = 'brought'
    const landed = new Promise<void>((land) => {
      const isThere = () => (code.data as Float64Array).byteLength > 0
      sent.push({ token, values, state: () => state, isThere, land })
    })
    await turn?.()
    state = 'inserted'
    await landed
  }
  const columns = createColumnsPool()
  const parts = { columns, store: { insertBlock }, partition: { held } }
  const insert = createPointsInsert(parts as unknown as SinkParts, async (_, work) => await work())
  return { ...insert, columns, sent }
}

const batchOf = (first: number, count: number) => {
  const batch = createPointsBatch()
  put(batch, first, count)
  return batch
}

test('a block is brought to the store while the one before is inserted, and inserted after it', async () => {
  const { insert, sent } = setUp()
  const first = insert(batchOf(0, 3), 'first', false)
  const second = insert(batchOf(10, 2), 'second', false, first)
  while (sent.length < 2) await setImmediate()
  await setImmediate()
  assert.deepEqual(
    sent.map(({ token, values, state }) => [token, values, state()]),
    [
      ['first', [0, 1, 2], 'inserted'],
      ['second', [10, 11], 'brought'],
    ],
  )
  sent[0]!.land()
  await first
  await setImmediate()
  assert.equal(sent[1]!.state(), 'inserted')
  sent[1]!.land()
  await second
})

test('a block that was brought is not inserted if the partition may be lost by the time that it is its turn', async () => {
  let held = true
  const { insert, sent } = setUp(() => held)
  const turn = deferred()
  const second = insert(batchOf(10, 2), 'second', false, turn.promise)
  while (sent.length < 1) await setImmediate()
  held = false
  turn.resolve()
  await assert.rejects(second, /nobody knows whose the partition is/)
  assert.equal(sent[0]!.state(), 'brought')
})

test('blocks that wait for their turn leave memory to those that they wait for', async () => {
  const pool = createColumnsPool()
  const turn = deferred()
  const taken: string[] = []
  const take = (name: string, columns: Promise<unknown>) => columns.then(() => void taken.push(name))
  const early = take('early', pool.takeEarly(turn.promise))
  const later = take('later', pool.takeEarly(new Promise(() => {})))
  const first = await pool.take()
  await early
  await setImmediate()
  assert.deepEqual(taken, ['early'])
  turn.resolve()
  await setImmediate()
  assert.deepEqual(taken, ['early'])
  pool.giveBack(first)
  await later
  assert.deepEqual(taken, ['early', 'later'])
})

test('memory of rows is given back, but for what is under way', async () => {
  const { insert, columns, sent } = setUp()
  const first = insert(batchOf(0, 5_000), 'first', false)
  const second = insert(batchOf(10_000, 5_000), 'second', false, first)
  while (sent.length < 2) await setImmediate()
  columns.giveBackMemory()
  for (const [at, inserted] of [first, second].entries()) {
    assert.equal(sent[at]!.isThere(), true)
    sent[at]!.land()
    await inserted
    columns.giveBackMemory()
    assert.equal(sent[at]!.isThere(), false)
  }
})

/** Three points each. */
function threePoints(step: number): Uint8Array {
  const block = { set: { names: ['a', 'b', 'c'] }, count: 1, steps: range(step, 1), times: undefined }
  return recordOf('r', { blocks: [{ ...block, width: 8, values: new Uint8Array(24) }] })
}

test('full blocks go two at a time, each under its intent, and count in their order; one that is not full waits', async () => {
  const memory = createMemoryLog(createRandom(1))
  const { partition } = memory.assign(createLife(createRandom(1), Number.POSITIVE_INFINITY, 0))
  const store = createMemoryStore()
  const sent: { readonly token: string; readonly hasTurn: () => boolean; land(): void }[] = []
  const sink = createMemorySink(
    store,
    { partition, announce: true },
    async (table, rows, columns, token, turn) => {
      if (table === 'points') {
        let hasTurn = false
        const landed = new Promise<void>((land) => sent.push({ token: token!, hasTurn: () => hasTurn, land }))
        await turn?.()
        hasTurn = true
        await landed
      }
      store.insertBlock(table, rows, columns, token)
    },
    { blockRows: 6 },
  )
  await sink.start()
  for (let step = 0; step < 7; step++) memory.append(threePoints(step))
  while (sent.length < 2) await setImmediate()
  for (let turns = 0; turns < 200; turns++) await setImmediate()
  const ranges = sent.map(({ token }) => token.split(':').at(-1)!.split('-').map(Number))
  assert.equal(sent.length, 2)
  assert.deepEqual(memory.commit().intents, ranges)
  assert.deepEqual([sent[0]!.hasTurn(), sent[1]!.hasTurn()], [true, false])
  assert.equal(sink.storedOffset(), -1)
  sent[0]!.land()
  while (memory.commit().stored <= ranges[0]![1]!) await setImmediate()
  assert.equal(sink.storedOffset(), ranges[0]![1])
  assert.deepEqual(memory.commit().intents[0], ranges[1])
  for (let next = 1; sink.storedOffset() < 6; next++) {
    while (sent.length <= next) await setImmediate()
    sent[next]!.land()
    while (sink.storedOffset() < Number(sent[next]!.token.split('-').at(-1))) await setImmediate()
  }
  await sink.stop()
  assert.deepEqual(memory.violations, [])
  assert.equal(store.points.length, 21)
  assert.equal(store.disordered(), 0)
})
