import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addComparisons, compareSeries, sampledSeries } from './comparison.ts'
import { peerDataset } from './data.ts'

const sent = { times: [1, 2, 3, 4, 5], values: [0.5, Number.NaN, Number.POSITIVE_INFINITY, -0, 8] }

test('what comes back as it was is exact, NaN and the sign of zero included', () => {
  const found = compareSeries(sent, sent)
  assert.deepEqual([found.points, found.exact, found.unexpected, found.largestRelativeError], [5, 5, 0, 0])
  assert.equal(compareSeries(sent, { ...sent, values: [0.5, Number.NaN, Number.POSITIVE_INFINITY, 0, 8] }).exact, 4)
})

test('points that are missing are counted by what they were', () => {
  const { missing, exact } = compareSeries(sent, { times: [1, 4], values: [0.5, -0] })
  assert.deepEqual(missing, { nan: 1, infinite: 1, finite: 1 })
  assert.equal(exact, 2)
})

test('a value that differs is told in relation to its size, one that is no number any more as infinitely wrong', () => {
  const error = (value: number) => compareSeries({ times: [1], values: [8] }, { times: [1], values: [value] })
  assert.equal(error(8.5).largestRelativeError, 0.0625)
  assert.equal(error(Number.NaN).largestRelativeError, Number.POSITIVE_INFINITY)
})

test('points that nobody sent, and points that come back twice, are unexpected', () => {
  assert.equal(compareSeries(sent, { times: [...sent.times, 6], values: [...sent.values, 1] }).unexpected, 1)
  assert.equal(compareSeries(sent, { times: [...sent.times, 5], values: [...sent.values, 8] }).unexpected, 1)
})

test('comparisons of several series add up', () => {
  const all = addComparisons([compareSeries(sent, sent), compareSeries(sent, { times: [1], values: [1] })])
  assert.deepEqual([all.series, all.points, all.exact, all.largestRelativeError], [2, 10, 5, 1])
})

test('the sample has a run that diverges, and no run without points', () => {
  const spec = { kind: 'shape', shape: 'sparse', seed: 1, project: 'p', runs: 1_000 } as const
  const sampled = sampledSeries(peerDataset({ ...spec, frames: 20 }), 40)
  assert.ok(sampled.every(({ run, metric }) => run < 20 && metric < 100))
  assert.ok(sampled.some(({ run, metric }) => run === 7 && metric === 0))
})

test('series of one kind are finite and as many as were asked for', () => {
  const dataset = peerDataset({ kind: 'values', values: 'accuracy', seed: 1, series: 200, steps: 300 })
  assert.equal(dataset.points, 60_000)
  assert.equal(dataset.runs * dataset.metrics.length, 200)
  assert.throws(() => peerDataset({ kind: 'values', values: 'loss', seed: 1, series: 70, steps: 300 }), /not multiples/)
})
