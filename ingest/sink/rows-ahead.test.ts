import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodedBits, numberOf } from '../../schema/value-codes.fixture.ts'
import type { BlockColumn } from '../store/native-block.ts'
import { putCounting as put } from './blocks.fixture.ts'
import { createColumnsPool } from './columns-pool.ts'
import { cellAt } from './memory-store.fixture.ts'
import { clearPoints, createPointsBatch } from './points.ts'
import { createPointsInsert } from './points-insert.ts'
import type { SinkParts } from './sink.ts'

type Sent = {
  readonly token: string | undefined
  readonly values: readonly number[]
  /** Whether its columns still have their memory. */
  isThere(): boolean
  land(): void
}

/** An insert whose blocks land when they are told to. */
function setUp(partitions: number) {
  const sent: Sent[] = []
  const insertBlock = (_: string, rows: number, columns: readonly BlockColumn[], token?: string) => {
    const code = columns.find(({ name }) => name === 'code')!
    const values = Array.from({ length: rows }, (_, row) => numberOf(decodedBits(cellAt(code, row) as bigint)))
    const isThere = () => (code.data as Float64Array).byteLength > 0
    return new Promise<void>((land) => sent.push({ token, values, isThere, land }))
  }
  const parts = { columns: createColumnsPool(), store: { insertBlock }, partition: { held: () => true }, partitions }
  const insert = createPointsInsert(parts as unknown as SinkParts, async (_, work) => await work())
  return { ...insert, sent }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

for (const partitions of [1, 4])
  test(`rows made ahead are those of their own batch and no other's: a log of ${partitions} partitions`, async () => {
    const { insert, prepare, sent } = setUp(partitions)
    const [one, two] = [createPointsBatch(), createPointsBatch()]
    put(one, 0, 3)
    const first = insert(one, 'first', false)
    put(two, 10, 2)
    prepare(two)
    prepare(two)
    await settled()
    sent[0]!.land()
    await first
    const second = insert(two, 'second', false)
    clearPoints(one)
    put(one, 20, 4)
    // The memory for rows made ahead is under way.
    prepare(one)
    await settled()
    sent[1]!.land()
    await second
    const third = insert(one, 'third', false)
    await settled()
    sent[2]!.land()
    await third
    // The same object as the second block, filled anew, and something added after its rows were made.
    clearPoints(two)
    put(two, 30, 1)
    prepare(two)
    put(two, 31, 1)
    const fourth = insert(two, 'fourth', false)
    await settled()
    sent[3]!.land()
    await fourth
    assert.deepEqual(
      sent.map(({ token, values }) => [token, values]),
      [
        ['first', [0, 1, 2]],
        ['second', [10, 11]],
        ['third', [20, 21, 22, 23]],
        ['fourth', [30, 31]],
      ],
    )
  })

for (const partitions of [1, 4])
  test(`memory of rows is given back, but for what is under way: a log of ${partitions} partitions`, async () => {
    const { insert, prepare, giveBackMemory, sent } = setUp(partitions)
    async function givenBackOnceLanded(block: Sent, inserted: Promise<void>): Promise<void> {
      giveBackMemory()
      assert.equal(block.isThere(), true)
      block.land()
      await inserted
      giveBackMemory()
      assert.equal(block.isThere(), false)
    }
    const [one, two] = [createPointsBatch(), createPointsBatch()]
    put(one, 0, 5_000)
    const first = insert(one, 'first', false)
    put(two, 10_000, 5_000)
    prepare(two)
    await settled()
    await givenBackOnceLanded(sent[0]!, first)
    const second = insert(two, 'second', false)
    await settled()
    assert.deepEqual(
      sent[1]!.values,
      Array.from({ length: 5_000 }, (_, i) => 10_000 + i),
    )
    await givenBackOnceLanded(sent[1]!, second)
  })
