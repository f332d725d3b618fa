import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { defaultSinkSettings, fewSeries, flushIntervalMs, flushRestMs, insertPauseMs } from './settings.ts'

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

test('large flushes of all partitions of a process take a tenth of the time together', () => {
  for (const sharers of [1, 4, 16]) {
    const settings = { ...defaultSinkSettings, sharers }
    const tookMs = 5_600 / sharers
    const share = (intervalMs: number, tookMs: number) => sharers * (tookMs / intervalMs)
    assert.equal(share(flushIntervalMs(settings, tookMs, fewSeries / sharers + 1), tookMs).toFixed(6), '0.100000')
    assert.equal(share(200 + flushRestMs(settings, 200), 200).toFixed(6), '0.100000')
    // Few series are stored within five seconds nevertheless.
    assert.equal(flushIntervalMs(settings, 1_400, fewSeries / sharers), 5_000)
    // After a store that was slow no partition rests for the others for longer than a minute.
    assert.equal(flushRestMs(settings, 30_000), 270_000)
    assert.equal(flushIntervalMs(settings, 5_000, 100_000), sharers === 1 ? 50_000 : 60_000)
  }
})
