import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { addWaiter, createBatch, expireUntil, tellDurable } from './batch.ts'
import { createDeadlines } from './deadlines.ts'

test('who waits too long is told once, in order, and who was answered before is not', async () => {
  const deadlines = createDeadlines(600)
  const heard: string[] = []
  const waiter = {
    onDurable: (number: number) => void heard.push(`${number} durable`),
    onRefused: (number: number, _seq: number, _bytes: number, { code }: { code: string }) =>
      void heard.push(`${number} ${code}`),
  }
  const batch = createBatch()
  const waiting = { expire: (lateMs: number) => expireUntil(batch, lateMs) }
  deadlines.add(waiting)
  const add = (number: number, sinceMs: number) => addWaiter(batch, waiter, number, -1, 0, sinceMs)
  // Of the same moment, so that no look comes between them.
  const nowMs = performance.now()
  add(1, nowMs)
  add(2, nowMs)
  await sleep(300)
  assert.deepEqual(heard, [])
  add(3, performance.now())
  while (heard.length === 0) await sleep(10)
  assert.deepEqual(heard, ['1 outcome_unknown', '2 outcome_unknown'])
  tellDurable(batch, { partition: 0, offset: 0, token: '' })
  deadlines.remove(waiting)
  await sleep(700)
  assert.deepEqual(heard, ['1 outcome_unknown', '2 outcome_unknown', '3 durable'])
  deadlines.stop()
})
