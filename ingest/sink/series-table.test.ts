import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenSeed, createRandom, pick, type Random, whole } from '../../test/random.ts'
import { randomBits } from './blocks.fixture.ts'
import {
  addSeries,
  createSeriesTable,
  readSummary,
  type SeriesTable,
  seriesInUse,
  writeSummary,
} from './series-table.ts'
import { summarize, summarizeStep } from './summarize.ts'
import { type LoggedPoint, type Summary, summaryOf } from './summary.oracle.ts'

const seed = chosenSeed()
const farthest = Number.MAX_SAFE_INTEGER

/** Rows: a name, and where a block of a history begins, given how high the series has come. */
const histories: [name: string, begin: (random: Random, highest: number) => number][] = [
  ['ascending blocks', (random, highest) => highest + whole(random, 1, 5)],
  ['blocks that begin at the last step again', (random, highest) => highest - whole(random, 0, 1)],
  ['blocks in any order, below zero too', (random) => whole(random, -40, 40)],
  [
    'steps at both ends of what there is',
    (random) => (random() < 0.5 ? -farthest : farthest - 60) + whole(random, 0, 9),
  ],
]
const values: [name: string, bits: (random: Random) => bigint][] = [
  ['values of all kinds', randomBits],
  [
    'values that are never finite',
    (random) => pick(random, [0x7ff8000000000000n, 0x7ff0000000000000n, 0xfff0000000000000n]),
  ],
  ['zeros of both signs', (random) => pick(random, [0n, 0x8000000000000000n])],
]

for (const [steps, begin] of histories) {
  for (const [kind, bits] of values) {
    test(`the summary of ${steps} with ${kind} is that of all points looked at again`, () => {
      for (let round = 0; round < 60; round++) {
        const random = createRandom(seed + round)
        const table = createSeriesTable(2)
        addSeries(table)
        const slot = addSeries(table)
        const points: LoggedPoint[] = []
        for (let block = 0; block < 8; block++) {
          const highest = points.reduce((high, { step }) => Math.max(high, step), 0)
          points.push(...addBlock(random, table, slot, begin(random, highest), bits))
          assert.deepEqual(read(table, slot), summaryOf(points), `round ${round}, block ${block}`)
        }
        assert.equal(table.changed[slot], 1)
      }
    })
  }
}

function addBlock(
  random: Random,
  table: SeriesTable,
  slot: number,
  from: number,
  bits: (random: Random) => bigint,
): LoggedPoint[] {
  const count = pick(random, [1, 1, 2, 7, 15])
  const offset = whole(random, 0, 3)
  const values = new Float64Array(offset + count)
  const view = new DataView(values.buffer)
  const steps = new Float64Array(count + 2)
  let step = from
  for (let i = 0; i < count; i++) {
    steps[i] = step
    step += whole(random, 1, 3)
    view.setBigUint64((offset + i) * 8, bits(random), true)
  }
  const time = whole(random, -1000, 1e12)
  if (count === 1) summarizeStep(table, Int32Array.of(slot), values, offset, steps[0]!, time)
  else summarize(table, slot, values, offset, steps, count, time)
  return Array.from({ length: count }, (_, i) => ({ step: steps[i]!, value: values[offset + i]!, time }))
}

function read(table: SeriesTable, slot: number): Summary {
  const fields = Object.keys(summaryOf([{ step: 0, time: 0, value: 0 }])) as (keyof Summary)[]
  return Object.fromEntries(fields.map((field) => [field, readSummary(table, slot, field)])) as Summary
}

test('a slot that is used again knows nothing of the series that had it', () => {
  const random = createRandom(seed)
  const table = createSeriesTable(4)
  const first = addSeries(table)
  addBlock(random, table, first, 5, randomBits)
  writeSummary(table, first, 'version', 77)
  table.free.push(first)
  assert.equal(seriesInUse(table), 0)
  const again = addSeries(table)
  assert.equal(again, first)
  assert.equal(seriesInUse(table), 1)
  assert.deepEqual(
    [readSummary(table, again, 'count'), readSummary(table, again, 'version'), table.changed[again]],
    [0, -1, 0],
  )
  const points = addBlock(random, table, again, -50, randomBits)
  assert.deepEqual(read(table, again), summaryOf(points))
})

test('a table that grows keeps what it has', () => {
  const random = createRandom(seed)
  const table = createSeriesTable(1)
  const series = Array.from({ length: 300 }, () => {
    const slot = addSeries(table)
    return { slot, points: addBlock(random, table, slot, 0, randomBits) }
  })
  assert.equal(seriesInUse(table), 300)
  for (const { slot, points } of series) {
    assert.deepEqual(read(table, slot), summaryOf(points))
    assert.equal(table.changed[slot], 1)
  }
})
