import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, comparisonTable, type Json } from './compare.ts'
import { UsageError } from './usage-error.ts'

const result = {
  ...{ benchmark: 'ingest', shape: 'dense', log: 'kafka', partitions: 4, points: 1e6 },
  ...{
    pointsPerSecond: 1e6,
    ratioToRaw: 0.5,
    cpuSecondsPerMillionPoints: { gateway: 0.2, sink: 0.3, withMerges: null },
  },
  ...{ ackMilliseconds: { p50: 5, p99: 40 }, visibleMilliseconds: null, residentBytes: { gateway: 1e8 } },
}
const changed = (change: object): Json => ({ ...result, ...change })
const worseFigures = (after: Json, tolerance = 0.1) =>
  compare(result, after, tolerance).rows.flatMap((row) => (row.worse ? [row.figure] : []))

test('a result is no worse than itself, and than one within the tolerance', () => {
  assert.deepEqual(worseFigures(result), [])
  assert.deepEqual(worseFigures(changed({ pointsPerSecond: 0.91e6, ackMilliseconds: { p50: 5.4, p99: 43 } })), [])
})

test('what is worse is named: rates that fall, times, CPU and memory that grow', () => {
  assert.deepEqual(worseFigures(changed({ pointsPerSecond: 0.89e6 })), ['pointsPerSecond'])
  assert.deepEqual(worseFigures(changed({ ackMilliseconds: { p50: 5, p99: 45 } })), ['ackMilliseconds.p99'])
  const cpuSecondsPerMillionPoints = { gateway: 0.1, sink: 0.4 }
  assert.deepEqual(worseFigures(changed({ cpuSecondsPerMillionPoints })), ['cpuSecondsPerMillionPoints.sink'])
  assert.deepEqual(worseFigures(changed({ residentBytes: { gateway: 2e8 } })), ['residentBytes.gateway'])
  assert.deepEqual(worseFigures(changed({ ratioToRaw: 0.49 }), 0), ['ratioToRaw'])
})

test('figures that one of them lacks are shown and not judged', () => {
  const { rows, worse } = compare(result, changed({ ratioToRaw: null, residentBytes: { server: 1e9 } }), 0.1)
  assert.equal(worse, false)
  const figures = rows.map((row) => row.figure)
  assert.ok(figures.includes('ratioToRaw') && figures.includes('residentBytes.server'))
  assert.ok(!figures.includes('visibleMilliseconds.p99'))
})

test('results about different things are not compared; other differences are told', () => {
  assert.throws(() => compare(result, changed({ log: 'embedded' }), 0.1), UsageError)
  const comparison = compare(result, changed({ points: 2e6 }), 0.1)
  assert.match(comparisonTable(comparison), /note: points was 1000000 and is 2000000/)
})
