import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createMemoryStore } from './memory-store.fixture.ts'
import { runRows } from './rows.ts'
import { createRun } from './runs.ts'
import { withSharedInserts } from './shared-inserts.ts'

/** A store whose inserts end when they are told to. */
function heldStore() {
  const memory = createMemoryStore()
  const sizes: number[] = []
  const ends: ((error?: Error) => void)[] = []
  const store = withSharedInserts({
    sinkReader: memory.reader,
    async insertBlock(table, rows, columns, token) {
      sizes.push(rows)
      await new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())))
      memory.insertBlock(table, rows, columns, token)
    },
  })
  const insert = (...names: string[]) => {
    const { table, rows, columns } = runRows(
      names.map((name) => createRun('p', name)),
      7,
    )
    return store.insertBlock(table, rows, columns)
  }
  const stored = () => [...memory.tables.runs!.values()].map(({ run }) => run).sort()
  return { store, sizes, ends, insert, stored }
}

test('what comes while an insert of the table is under way goes with the next one, and each is told when its rows are stored', async () => {
  const { sizes, ends, insert, stored } = heldStore()
  const first = insert('a')
  const others = [insert('b', 'c'), insert('d')]
  await setImmediate()
  assert.deepEqual(sizes, [1])
  ends.shift()!()
  await first
  await setImmediate()
  assert.deepEqual([sizes, stored()], [[1, 3], ['a']])
  ends.shift()!()
  await Promise.all(others)
  assert.deepEqual(stored(), ['a', 'b', 'c', 'd'])
  const later = insert('e')
  ends.shift()!()
  await later
  assert.deepEqual(stored(), ['a', 'b', 'c', 'd', 'e'])
})

test('each hears of the trouble of an insert that was for all, and the next ones go on', async () => {
  const { ends, insert, stored } = heldStore()
  const first = insert('a')
  const together = [insert('b'), insert('c')]
  ends.shift()!()
  await first
  await setImmediate()
  const later = insert('d')
  ends.shift()!(new Error('away'))
  for (const one of together) await assert.rejects(one, /away/)
  await setImmediate()
  ends.shift()!()
  await later
  assert.deepEqual(stored(), ['a', 'd'])
})

test('blocks under a token and rows of other tables go alone', async () => {
  const { store, sizes, ends } = heldStore()
  const { rows, columns } = runRows([createRun('p', 'a')], 1)
  const all = [
    store.insertBlock('runs', rows, columns, 'token'),
    store.insertBlock('runs', rows, columns, 'another'),
    store.insertBlock('dead_letters', rows, columns),
  ]
  assert.deepEqual(sizes, [1, 1, 1])
  for (const end of ends) end(new Error('enough'))
  await Promise.allSettled(all)
})

test('summaries go in one insert after the other, and hold up nothing else', async () => {
  const { store, sizes, ends, insert } = heldStore()
  const { rows, columns } = runRows([createRun('p', 'a'), createRun('p', 'b')], 1)
  const all = [store.insertBlock('series', rows, columns), store.insertBlock('run_state', rows, columns), insert('c')]
  await setImmediate()
  assert.deepEqual(sizes, [1, 2])
  ends.pop()!(new Error('away'))
  await assert.rejects(all[0]!, /away/)
  await setImmediate()
  assert.deepEqual(sizes, [1, 2, 2])
  for (const end of ends) end(new Error('away'))
  await Promise.allSettled(all)
})
