import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { StoreReader } from '../../schema/store.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { placeWidth } from '../store/native-block.ts'
import { openStore } from '../store/store.ts'
import { list, range } from './blocks.fixture.ts'
import { createMemoryStore } from './memory-store.fixture.ts'
import { appendPoints, createPointsBatch } from './points.ts'
import { pointsColumns } from './points-columns.ts'
import { createSinkSet } from './sink-set.ts'
import { createSortedPoints, type SortedPoints, sortPoints } from './sorted-points.ts'
import { runsNotStored } from './stored-points.ts'

/** Points of two series for each of `runs` runs from `firstRun` on, of the record at `offset`; keys and steps at the ends of what they can be. */
function block(runs: number, offset: number, firstRun = 0): SortedPoints {
  const batch = createPointsBatch()
  for (let run = firstRun; run < firstRun + runs; run++) {
    const set = createSinkSet(
      ['a', 'b'],
      BigUint64Array.of(2n ** 63n + BigInt(2 * run), 2n ** 63n + BigInt(2 * run + 1)),
    )
    const owner = { key: 2n ** 64n - 1n - BigInt(run), filling: 0, numberInFilling: 0 }
    const first = run % 2 === 0 ? -(2 ** 53) + 1 : run
    const count = run % 3 === 2 ? 2 : 1
    const steps = count === 2 ? list([first + 70_000, first]) : range(first, 1)
    const values = { width: 8, values: new Uint8Array(16 * count) } as const
    appendPoints(batch, owner, set, { set, count, steps, times: undefined, ...values }, 0, offset)
  }
  const points = createSortedPoints(undefined, 0)
  sortPoints([batch], points)
  return points
}

const missingRuns = async (reader: StoreReader, points: SortedPoints) => (await runsNotStored(reader, points)).size

test('a block is known again by a point of each of its runs, in the real store and in that of the crash model', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stepstream-stored-'))
  const limits = { readSessions: 1, queryTimeoutMs: 20_000, queryMemoryBytes: 2e9 }
  const store = await openStore({ dataDir: directory, ...limits, logger: createLogger('silent') })
  const memory = createMemoryStore()
  try {
    for (const runs of [1, 3, 2_500]) {
      const insert = async (points: SortedPoints) => {
        if (points.rows === 0) return
        await store.insertBlock('points', points.rows, pointsColumns(points))
        memory.insertBlock('points', points.rows, pointsColumns(points))
      }
      const offset = runs
      const verdicts = async (points: SortedPoints) => [
        await missingRuns(store.sinkReader, points),
        await missingRuns(memory.reader, points),
      ]
      const whole = block(runs, offset)
      assert.deepEqual(await verdicts(whole), [runs, runs], `${runs} runs, nothing stored`)
      await insert(block(runs - 1, offset, 1))
      assert.deepEqual(await verdicts(whole), [1, 1], `${runs} runs, the last one missing`)
      await insert(block(1, offset))
      assert.deepEqual(await verdicts(whole), [0, 0], `${runs} runs, all there`)
      assert.deepEqual(await verdicts(block(runs, offset + 10_000)), [runs, runs], 'the same steps, logged again later')
      const numbered = block(runs, offset)
      const { dictionary, entries } = numbered.places!
      for (let i = 1; i < entries; i++) dictionary[i * placeWidth + 3]! += 7n
      assert.deepEqual(await verdicts(numbered), [0, 0], 'blocks of the record numbered otherwise')
    }
  } finally {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
})
