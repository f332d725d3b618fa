import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Commit, LogPartition } from '../log/log.ts'
import { range } from './blocks.fixture.ts'
import { recordOf } from './frames.fixture.ts'
import { createMemorySink } from './memory-sink.fixture.ts'
import { createMemoryStore } from './memory-store.fixture.ts'

function frame(seq: number): Uint8Array {
  const block = { set: { names: ['loss'] }, count: 1, steps: range(seq, 1), times: undefined }
  return recordOf('r', { writer: 'w', seq, blocks: [{ ...block, width: 8, values: new Uint8Array(8) }] })
}

test('a sink that is stopped while it rebuilds its state replays nothing, though the log has it at hand', async () => {
  // The second record is the first one, sent again; an earlier reader stored the first and was about to insert the second.
  const records = [frame(7), frame(7)]
  let commit: Commit = { offset: 0, stored: 1, intents: [[1, 1]], newestMs: 0 }
  let reading = false
  const partition: LogPartition = {
    ...{ log: 'log', partition: 0, end: () => records.length, held: () => true },
    committed: async () => commit,
    async commit(next) {
      commit = next
    },
    async read(offset, _, signal) {
      reading = true
      if (offset === 0) while (!signal.aborted) await setImmediate()
      return offset === 0 ? [] : [{ offset, payload: records[offset]! }]
    },
  }
  const store = createMemoryStore()
  const sink = createMemorySink(store, { partition })
  void sink.start()
  while (!reading) await setImmediate()
  await sink.stop()
  assert.deepEqual(store.points, [])
  assert.deepEqual(commit.intents, [[1, 1]])
})
