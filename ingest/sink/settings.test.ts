import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { defaultSinkSettings, insertPauseMs } from './settings.ts'

test('inserts come as often as asked while they are quick, and take a bounded part of the time when they are not', () => {
  const pause = (insertIntervalMs: number, beside: number, lastTookMs: number) =>
    insertPauseMs({ ...defaultSinkSettings, insertIntervalMs }, lastTookMs, beside)
  assert.equal(pause(200, 1, 0), 200)
  assert.equal(pause(200, 1, 50), 200)
  assert.equal(pause(200, 1, 100), 300)
  assert.equal(pause(200, 4, 100), 600)
  // After a store that was away points are not to wait for long.
  assert.equal(pause(200, 1, 60_000), 500)
  assert.equal(pause(200, 16, 60_000), 1_000)
  assert.equal(pause(2_000, 1, 60_000), 2_000)
})
