import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPace } from './pace.ts'

const hour = 3_600_000

test('haste ends the pause under way and those that follow, until there is calm', async () => {
  const pace = createPace()
  const long = pace.pause(hour)
  pace.hurry()
  await long
  await pace.pause(hour)
  pace.calm()
  const began = performance.now()
  await pace.pause(20)
  assert.ok(performance.now() - began > 15)
})
