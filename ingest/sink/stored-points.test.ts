import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogger } from '../../telemetry/logger.ts'
import { openStore } from '../store/store.ts'
import { createMemoryStore } from './memory-store.fixture.ts'
import { createPointsColumns, type PointsColumns, pointsColumns } from './sorted-points.ts'
import { pointsAreStored } from './stored-points.ts'

/** A point for each of `runs` runs, of the record at `offset`; keys and steps at the ends of what they can be. */
function block(runs: number, offset: number): PointsColumns {
  const points = createPointsColumns(runs * 2)
  for (let row = 0; row < runs * 2; row++) {
    points.run.wide[row] = 2n ** 64n - 1n - BigInt(row >> 1)
    points.metric.wide[row] = 2n ** 63n + BigInt(row)
    points.step.wide[row] = row % 2 === 0 ? -(2n ** 53n) + 1n : BigInt(row)
    points.ord.wide[row] = BigInt(offset) << 16n
  }
  points.rows = runs * 2
  return points
}

/** The last two rows of a column. */
function lastTwo<T extends BigInt64Array | BigUint64Array>({ wide, halves }: { wide: T; halves: Int32Array }) {
  return { wide: wide.slice(-2) as T, halves: halves.slice(-4) }
}

test('a block is known again by a point of each of its runs, in the real store and in that of the crash model', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stepstream-stored-'))
  const limits = { readSessions: 1, queryTimeoutMs: 20_000, queryMemoryBytes: 2e9 }
  const store = await openStore({ dataDir: directory, ...limits, logger: createLogger('silent') })
  const memory = createMemoryStore()
  try {
    for (const runs of [1, 3, 2_500]) {
      const insert = async (points: PointsColumns) => {
        await store.insertBlock('points', points.rows, pointsColumns(points))
        memory.insertBlock('points', points.rows, pointsColumns(points))
      }
      const offset = runs
      const verdicts = async (points: PointsColumns) => [
        await pointsAreStored(store.sinkReader, points),
        await pointsAreStored(memory.reader, points),
      ]
      const whole = block(runs, offset)
      assert.deepEqual(await verdicts(whole), [false, false], `${runs} runs, nothing stored`)
      await insert({ ...whole, rows: whole.rows - 2 })
      assert.deepEqual(await verdicts(whole), [false, false], `${runs} runs, the last one missing`)
      await insert({
        ...block(1, offset),
        run: lastTwo(whole.run),
        metric: lastTwo(whole.metric),
        step: lastTwo(whole.step),
      })
      assert.deepEqual(await verdicts(whole), [true, true], `${runs} runs, all there`)
      assert.deepEqual(
        await verdicts(block(runs, offset + 10_000)),
        [false, false],
        'the same steps, logged again later',
      )
    }
  } finally {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
})
