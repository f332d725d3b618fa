import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDeadlines, type Waiting } from './deadlines.ts'

function waiting(expired: string[], name: string): Waiting {
  const one: Waiting = {
    sinceMs: performance.now(),
    settled: false,
    expire() {
      one.settled = true
      expired.push(name)
    },
  }
  return one
}

test('who waits too long is told once, in order, and who was answered before is not', async () => {
  const deadlines = createDeadlines(100)
  const expired: string[] = []
  const row = ['a', 'b', 'c', 'd'].map((name) => waiting(expired, name))
  for (const one of row) deadlines.add(one)
  row[1]!.settled = true
  await sleep(60)
  assert.deepEqual(expired, [])
  assert.ok(deadlines.oldestMs() >= 50)
  row[0]!.settled = true
  await sleep(120)
  assert.deepEqual(expired, ['c', 'd'])
  assert.ok(row.every((one) => one.settled))
  assert.equal(deadlines.oldestMs(), 0)
  deadlines.add(waiting(expired, 'e'))
  await sleep(200)
  assert.deepEqual(expired, ['c', 'd', 'e'])
  deadlines.stop()
})
