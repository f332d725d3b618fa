import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { bitsOf, decodedBits } from '../../schema/value-codes.fixture.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { Metrics } from '../../telemetry/metrics.ts'
import { chosenSeed, createRandom, type Random, whole } from '../../test/random.ts'
import type { LogPartition } from '../log/log.ts'
import { openStore } from '../store/store.ts'
import { expandBlock, randomBlock } from './blocks.fixture.ts'
import { createColumnsPool } from './columns-pool.ts'
import { createMemoryStore } from './memory-store.fixture.ts'
import { createSinkObserver } from './observer.ts'
import { appendPoints, createPointsBatch, type PointsBatch } from './points.ts'
import { pointsColumns } from './points-columns.ts'
import { createPointsInsert } from './points-insert.ts'
import type { SinkParts } from './sink.ts'
import { createSinkSet } from './sink-set.ts'
import { createSortedPoints, sortPoints } from './sorted-points.ts'
import type { KeepTrying } from './trying.ts'

const random = createRandom(chosenSeed())

/** Frames of some runs, with one step each or several, and their points as lines: brute force. Only those of runs that `keep` names. */
function randomBatch(random: Random, runs: readonly bigint[], single: boolean, keep = runs) {
  const batch = createPointsBatch()
  const lines: string[] = []
  const set = createSinkSet(['1', '2', '3'], BigUint64Array.of(1n, 2n, 3n))
  const owners = runs.map((key) => ({ key, filling: 0, numberInFilling: 0 }))
  for (let offset = 0; offset < 40; offset++) {
    const owner = owners[offset % owners.length]!
    const count = single ? 1 : whole(random, 1, 4)
    const block = randomBlock(random, { set, count, firstStep: whole(random, -50, 50), timeMs: 1_000_000 })
    if (!keep.includes(owner.key)) continue
    appendPoints(batch, owner, set, block, 1_000_000, offset)
    for (const { metric, step, bits } of expandBlock(block))
      lines.push([owner.key, metric, step, bits, offset * 65_536].join())
  }
  return { batch, lines: lines.sort() }
}

function createInsert(store: SinkParts['store']) {
  const partition = { log: 'log', partition: 0, held: () => true } as LogPartition
  const observe = createSinkObserver(new Metrics())
  const logger = createLogger('silent')
  const parts: SinkParts = {
    ...{ partition, partitions: 1, store, observe, logger, columns: createColumnsPool(), announce: false },
    settings: { blockRows: 1, insertIntervalMs: 0, flushIntervalMs: 0, maximumSeries: 1 },
  }
  const keepTrying: KeepTrying = async (_, work) => {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!(error as Error).message.includes('away')) throw error
      }
    }
  }
  return createPointsInsert(parts, keepTrying).insert
}

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
    const stored = store.points.map(({ run, metric, step, code, ord }) =>
      [run, metric, step, decodedBits(code as bigint), ord].join(),
    )
    assert.deepEqual(stored.sort(), lines)
  }
})

/** A batch as a block. */
function blockOf(batch: PointsBatch) {
  const points = createSortedPoints()
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
    const { rows, columns } = await store.sinkReader.columns('SELECT run, metric, step, value, ord FROM point_values')
    const stored = Array.from({ length: rows }, (_, i) => {
      const cell = (name: string) => (columns.get(name) as ArrayLike<unknown>)[i]
      return [cell('run'), cell('metric'), cell('step'), bitsOf(cell('value') as number), cell('ord')].join()
    })
    assert.deepEqual(stored.sort(), expected.sort())
  } finally {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
})
