import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWorkClock } from './work-clock.ts'

test('waiting and tries that failed are no work', async () => {
  let now = 100
  const clock = startWorkClock(() => now)
  now += 5
  const waited = clock.waiting(Promise.resolve().then(() => (now += 1_000)))
  await waited
  let tries = 0
  const work = clock.lastTry(async () => {
    now += 10
    if (++tries < 3) throw new Error('away')
  })
  for (let i = 0; i < 2; i++) {
    await assert.rejects(work())
    now += 500
  }
  await work()
  assert.equal(clock.workedMs(), 5 + 10)
})
