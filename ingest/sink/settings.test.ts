import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { defaultSinkSettings, insertPauseMs } from './settings.ts'

test('inserts come as often as asked while they are quick, and take half of the time at most when they are not', () => {
  const pause = (insertIntervalMs: number, lastTookMs: number) =>
    insertPauseMs({ ...defaultSinkSettings, insertIntervalMs }, lastTookMs)
  assert.equal(pause(200, 0), 200)
  assert.equal(pause(200, 100), 200)
  assert.equal(pause(200, 150), 300)
  // After a store that was away points are not to wait for long.
  assert.equal(pause(200, 60_000), 800)
  assert.equal(pause(2_000, 60_000), 2_000)
})
