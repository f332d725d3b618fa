import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricKey, runKey } from '../../schema/keys.ts'
import { createLateWrites } from '../../schema/late-writes.ts'
import { createRandom } from '../../test/random.ts'
import { range } from './blocks.fixture.ts'
import { recordOf } from './frames.fixture.ts'
import { createLife } from './life.fixture.ts'
import { createMemoryLog } from './memory-log.fixture.ts'
import { createMemorySink } from './memory-sink.fixture.ts'
import { createMemoryStore } from './memory-store.fixture.ts'

function record(first: number, count: number): Uint8Array {
  const block = { set: { names: ['m'] }, count, steps: range(first, 1), times: undefined }
  return recordOf('r', { blocks: [{ ...block, width: 8, values: new Uint8Array(8 * count) }] })
}

test('late ranges are told of before they are written, and over before the points are', async () => {
  const memory = createMemoryLog(createRandom(1))
  const { partition } = memory.assign(createLife(createRandom(1), Number.POSITIVE_INFINITY, 0))
  const store = createMemoryStore()
  const lateWrites = createLateWrites()
  const mark = () => lateWrites.mark(runKey('p', 'r'), metricKey('m'))
  const seen: [table: string, mark: number | undefined][] = []
  let failures = 1
  const sink = createMemorySink(store, { partition, lateWrites }, async (table, rows, columns, token) => {
    if (table === 'points' || table === 'late_points') seen.push([table, mark()])
    if (table === 'late_points' && failures-- > 0) throw new Error('not now')
    store.insertBlock(table, rows, columns, token)
  })
  await sink.start()
  memory.append(record(0, 10_000))
  await sink.reached(0, false)
  memory.append(record(100, 10))
  await sink.reached(1, false)
  await sink.stop()
  const [before, after] = [seen[0]![1], mark()]
  assert.deepEqual(seen, [
    ['points', before],
    ['late_points', undefined],
    ['late_points', undefined],
    ['points', after],
  ])
  assert.notEqual(before, after)
})
