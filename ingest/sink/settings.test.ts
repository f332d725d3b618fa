import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { defaultSinkSettings, fewSeries, flushIntervalMs, insertPauseMs } from './settings.ts'

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

test('a flush of few series comes soon, however slow the store was; one of many takes a tenth of the time at most', () => {
  const interval = (tookMs: number, series: number) => flushIntervalMs(defaultSinkSettings, tookMs, series)
  assert.equal(interval(0, 3), 250)
  assert.equal(interval(20, 3), 1_000)
  assert.equal(interval(200, 3), 5_000)
  assert.equal(interval(1_400, 3), 5_000)
  assert.equal(interval(1_400, fewSeries + 1), 14_000)
})

test('flushes of few series of all partitions of a process take a tenth of the time together, but come within five seconds', () => {
  for (const sharers of [1, 4, 16]) {
    const settings = { ...defaultSinkSettings, sharers }
    const interval = (tookMs: number, series: number) => flushIntervalMs(settings, tookMs, series)
    assert.equal(interval(30, fewSeries / sharers), Math.max(1_500, 300 * sharers))
    assert.equal(interval(1_400, fewSeries / sharers), 5_000)
    // Large ones also wait for those of others, see `flush-turns.test.ts`.
    assert.equal(interval(1_400, fewSeries / sharers + 1), 14_000)
    assert.equal(interval(30, fewSeries / sharers + 1), 1_500)
  }
})
