import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogger } from '../../telemetry/logger.ts'
import { chosenSeed, createRandom } from '../../test/random.ts'
import { openStore } from '../store/store.ts'
import { pointLines, storedPoints } from './contents.fixture.ts'
import { createMemoryStore } from './memory-store.fixture.ts'
import type { PointsBatch } from './points.ts'
import { pointsColumns } from './points-columns.ts'
import { createInsert, randomBatch } from './points-insert.fixture.ts'
import { createSortedPoints, sortPoints } from './sorted-points.ts'

const random = createRandom(chosenSeed())

test('when one server of a store was away until the other has forgotten the token, both have their points once', async () => {
  for (const single of [true, false]) {
    const store = createMemoryStore()
    const { batch, lines } = randomBatch(random, [1_010n, 1_011n, 1_012n, 1_013n, 1_014n], single)
    let tries = 0
    const insert = createInsert({
      sinkReader: store.reader,
      async insertBlock(table, rows, columns, token) {
        store.insertBlock(table, rows, columns, token, { number: 1, of: 2 })
        if (tries++ === 0) {
          store.forgetTokens()
          throw new Error('the other one is away')
        }
        store.insertBlock(table, rows, columns, token, { number: 0, of: 2 })
      },
    })
    await insert(batch, 'token', false)
    assert.deepEqual(pointLines(store.points), lines)
  }
})

test('a block is stored once though its store is killed with its token and without it, again and again, and who replays it takes the same tokens', async () => {
  const store = createMemoryStore()
  const { batch, lines } = randomBatch(random, [1_010n, 1_011n], true)
  const sent: string[] = []
  const insert = createInsert({
    sinkReader: store.reader,
    async insertBlock(table, rows, columns, token) {
      const isNew = !sent.includes(token!)
      sent.push(token!)
      if (isNew && token !== 'token~2') {
        store.spendToken(token!)
        throw new Error('the store is away')
      }
      store.insertBlock(table, rows, columns, token)
    },
  })
  await insert(batch, 'token', false)
  const tokens = ['token', 'token', 'token~1', 'token~1', 'token~2']
  assert.deepEqual(sent, tokens)
  assert.deepEqual(pointLines(store.points), lines)

  // Somebody who looked when it was not there, and goes on when it is.
  let looks = 0
  const late = createInsert({
    ...{ sinkReader: { ...store.reader, rows: async (sql, of) => (looks++ === 0 ? [] : store.reader.rows(sql, of)) } },
    async insertBlock(table, rows, columns, token) {
      store.insertBlock(table, rows, columns, token)
    },
  })
  await late(batch, 'token', true)
  assert.deepEqual(pointLines(store.points), lines)
})

test('a table whose tokens go with its blocks is not asked twice, for what it has may show later', async () => {
  const { batch } = randomBatch(random, [1_010n], true)
  const sent: string[] = []
  const insert = createInsert({
    sinkReader: {
      rows: async (sql) => (sql.includes('system.tables') ? [{ engine: 'Distributed' } as never] : []),
      columns: () => Promise.reject(new Error('unasked')),
    },
    async insertBlock(_, __, ___, token) {
      sent.push(token!)
    },
  })
  await insert(batch, 'token', true)
  assert.deepEqual(sent, ['token'])
})

/** A batch as a block. */
function blockOf(batch: PointsBatch) {
  const points = createSortedPoints(undefined, 0)
  sortPoints([batch], points)
  return { rows: points.rows, columns: pointsColumns(points) }
}

test('the real store takes the part of a block that is missing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stepstream-part-'))
  const limits = { readSessions: 1, queryTimeoutMs: 20_000, queryMemoryBytes: 2e9 }
  const store = await openStore({ dataDir: directory, ...limits, logger: createLogger('silent') })
  try {
    const expected: string[] = []
    for (const [round, single] of [true, false].entries()) {
      const runs = Array.from({ length: 5 }, (_, i) => 2n ** 63n + BigInt(10 * round + i))
      const whole = randomBatch(createRandom(round), runs, single)
      expected.push(...whole.lines)
      const there = randomBatch(createRandom(round), runs, single, [runs[1]!, runs[4]!])
      const part = blockOf(there.batch)
      await store.insertBlock('points', part.rows, part.columns)
      await createInsert(store)(whole.batch, `token ${round}`, true)
      await createInsert(store)(whole.batch, `token ${round} forgotten`, true)
    }
    assert.deepEqual(pointLines(await storedPoints(store.sinkReader)), expected.sort())
  } finally {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
})
