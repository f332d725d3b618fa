import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createRandom } from '../../test/random.ts'
import { deferred } from '../deferred.fixture.ts'
import type { Commit, LogPartition } from '../log/log.ts'
import { recordOf } from './frames.fixture.ts'
import { createLife } from './life.fixture.ts'
import { createMemoryLog } from './memory-log.fixture.ts'
import { createMemorySink } from './memory-sink.fixture.ts'
import { createMemoryStore } from './memory-store.fixture.ts'

function renaming(name: string): Uint8Array {
  return recordOf('r', { update: { name } })
}

test('the row of a run says what its version says, though later frames arrive before it is inserted', async () => {
  const memory = createMemoryLog(createRandom(1))
  const { partition: opened } = memory.assign(createLife(createRandom(1), Number.POSITIVE_INFINITY, 0))
  const store = createMemoryStore()
  const names: [version: unknown, name: unknown][] = []
  let committing = false
  let readTo = 0
  const held = deferred()
  const partition: LogPartition = {
    ...opened,
    async commit(next) {
      committing = true
      await held.promise
      await opened.commit(next)
    },
    read(offset, maximumBytes, signal) {
      readTo = offset
      return opened.read(offset, maximumBytes, signal)
    },
  }
  const sink = createMemorySink(store, { partition }, async (table, rows, columns, token) => {
    const column = (name: string) => columns.find((each) => each.name === name)!.data as ArrayLike<unknown>
    if (table === 'runs') names.push([column('version')[0], column('name')[0]])
    store.insertBlock(table, rows, columns, token)
  })
  await sink.start()
  memory.append(renaming('first'))
  while (!committing) await setImmediate()
  memory.append(renaming('second'))
  while (readTo < 2) await setImmediate()
  held.resolve()
  await sink.reached(1, false)
  await sink.stop()
  assert.deepEqual(names, [
    [0n, 'first'],
    [1n, 'second'],
  ])
})

test('a sink that finds nothing to store commits nothing when it stops, for a log may wait for ever until something is read', async () => {
  const memory = createMemoryLog(createRandom(1))
  const { partition: opened } = memory.assign(createLife(createRandom(1), Number.POSITIVE_INFINITY, 0))
  const commits: Commit[] = []
  const partition: LogPartition = {
    ...opened,
    commit(next) {
      commits.push(next)
      return new Promise(() => {})
    },
  }
  const sink = createMemorySink(createMemoryStore(), { partition, announce: true })
  await sink.start()
  await setImmediate()
  await sink.stop()
  assert.deepEqual(commits, [])
  assert.deepEqual(memory.violations, [])
})
