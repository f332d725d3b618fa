import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOf, runKey } from '../../schema/keys.ts'
import { createMemoryStore } from './memory-store.fixture.ts'
import { runRows } from './rows.ts'
import { createRun } from './runs.ts'
import { createStoredRuns, findStoredRuns } from './stored-runs.ts'

const keyOf = (n: number) => runKey('p', `run ${n}`)
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

test('whatever was added is known, in the second and the third filter too, and few others are taken for it', () => {
  const runs = createStoredRuns()
  const count = 100_000
  for (const n of numbers(count)) {
    runs.add(keyOf(n))
    assert.ok(runs.mayHave(keyOf(n)))
  }
  assert.ok(numbers(count).every((n) => runs.mayHave(keyOf(n))))
  const taken = numbers(50_000).filter((n) => runs.mayHave(keyOf(count + n))).length
  assert.ok(taken < 50_000 / 100, `${taken} of 50,000 new runs would be looked up`)
})

test('filters of a partition alone are as good, though its keys are alike in some bits', () => {
  for (const partitions of [4, 64]) {
    const mine = numbers(400_000)
      .map(keyOf)
      .filter((key) => partitionOf(key, partitions) === 3)
    const added = mine.slice(0, mine.length / 2)
    const runs = createStoredRuns(added.length)
    for (const key of added) runs.add(key)
    const others = mine.slice(added.length)
    const taken = others.filter((key) => runs.mayHave(key)).length
    assert.ok(taken <= others.length / 100, `${taken} of ${others.length}, ${partitions} partitions`)
  }
})

test('a partition finds the runs that the store has of it', async () => {
  const memory = createMemoryStore()
  const runs = numbers(300).map((n) => createRun('p', `run ${n}`))
  const { table, rows, columns } = runRows(runs, 0)
  memory.insertBlock(table, rows, columns)
  for (const partition of [0, 1, 2]) {
    const found = await findStoredRuns(memory.reader, { partition, partitions: 3 })
    for (const { key } of runs) if (partitionOf(key, 3) === partition) assert.ok(found.mayHave(key))
    assert.ok(numbers(300).filter((n) => found.mayHave(keyOf(1_000 + n))).length < 10)
  }
})
