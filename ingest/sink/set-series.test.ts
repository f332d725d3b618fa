import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenSeed, createRandom, pick, type Random, whole } from '../../test/random.ts'
import type { RecordFrame } from '../record/record.ts'
import { applyFrame } from './apply.ts'
import { expandBlock, randomBlock } from './blocks.fixture.ts'
import { createPointsBatch } from './points.ts'
import { createRun, type Run } from './runs.ts'
import { seriesRows } from './series-rows.ts'
import { createSeriesTable, readSummary, type SeriesTable } from './series-table.ts'
import { createSinkSet, type SinkSet } from './sink-set.ts'
import { type LoggedPoint, type Summary, summaryOf } from './summary.oracle.ts'

const seed = chosenSeed()
const letters = [...'abcdefgh']
const range = (length: number) => Array.from({ length }, (_, i) => i)
const names = (...texts: string[]) => texts.map((text) => createSinkSet([...text]))

/** Rows: what the sets of a run are like, and some. */
const families: [name: string, sets: (random: Random) => readonly SinkSet[]][] = [
  ['one set', () => names('abc')],
  ['sets with no metric in common', () => names('abc', 'de', 'f')],
  ['sets that share metrics', () => names('abc', 'bcd', 'ha')],
  ['sets of which a later one shares metrics', () => names('abc', 'de', 'fg', 'ag')],
  [
    'sets with no metric in common, more than a run keeps at hand',
    () => range(70).map((i) => createSinkSet([`m${i}`])),
  ],
  [
    'sets that share metrics, more than a run keeps at hand',
    (random) =>
      range(90).map(() => {
        const chosen = letters.filter(() => random() < 0.4)
        return createSinkSet(chosen.length > 0 ? chosen : ['a'])
      }),
  ],
]

type World = {
  readonly random: Random
  readonly table: SeriesTable
  readonly run: Run
  readonly logged: Map<string, LoggedPoint[]>
  offset: number
}

for (const [name, setsOf] of families) {
  test(`summaries of a run with ${name} are those of all points looked at again, whenever they are stored`, () => {
    for (let round = 0; round < 40; round++) {
      const random = createRandom(seed + round)
      const sets = setsOf(random)
      const world = {
        ...{ random, table: createSeriesTable(1) },
        run: createRun('p', 'r'),
        logged: new Map(),
        offset: 0,
      }
      for (let frame = 0; frame < 150; frame++) {
        // Sets come one by one, so that a run has counted some before the next.
        const begun = sets.slice(0, 1 + Math.floor((frame * sets.length) / 100))
        log(world, ...range(pick(random, [1, 1, 1, 2])).map(() => pick(random, begun)))
        if (random() < 0.1) store(world, `round ${round}, frame ${frame}`)
      }
      store(world, `round ${round}`)
    }
  })
}

/** A frame with a block of each set: mostly one step, and the next one. */
function log(world: World, ...sets: SinkSet[]): void {
  const { random, table, run, logged } = world
  const blocks = sets.map((set) => {
    const highest = Math.max(-1, ...[...logged.values()].flat().map(({ step }) => step))
    const firstStep = random() < 0.85 ? highest + whole(random, 1, 3) : highest - whole(random, 0, 9)
    const count = random() < 0.85 ? 1 : whole(random, 2, 5)
    return randomBlock(random, { set, count, firstStep, timeMs: whole(random, 0, 2e12) })
  })
  const frame: RecordFrame = {
    ...{ run: { project: run.project, run: run.run }, receivedMs: whole(random, 1, 2e12), blocks },
    ...{ writer: undefined, seq: undefined, update: undefined },
  }
  assert.equal(applyFrame(table, createPointsBatch(), run, frame, world.offset++, 0).kind, 'stored')
  for (const { metric, step, time, value } of blocks.flatMap(expandBlock)) {
    const points = logged.get(metric) ?? []
    points.push({ step: Number(step), time: Number(time ?? frame.receivedMs), value })
    logged.set(metric, points)
  }
}

/** Takes rows as a flush does: exactly the series that changed since, with their summaries as they are now. */
function store({ table, run, logged, offset }: World, where: string): void {
  const rows = seriesRows(table, [run], offset)
  run.list.names.forEach((metric, i) => {
    const expected = summaryOf(logged.get(metric)!)
    const fields = Object.keys(expected) as (keyof Summary)[]
    const actual = Object.fromEntries(fields.map((field) => [field, readSummary(table, run.slots[i]!, field)]))
    assert.deepEqual(actual, expected, `${where}, ${metric}`)
  })
  const changed = run.slots.filter((slot) => table.changed[slot] === 1).length
  assert.equal(rows.rows, changed, where)
  for (const slot of run.slots) table.changed[slot] = 0
}

test('a series that is in nothing logged since it was stored has no new row', () => {
  const random = createRandom(seed)
  const [abc, de] = names('abc', 'de')
  const world = { ...{ random, table: createSeriesTable(1) }, run: createRun('p', 'r'), logged: new Map(), offset: 0 }
  for (let i = 0; i < 50; i++) for (const set of [abc!, de!]) log(world, set)
  assert.equal(seriesRows(world.table, [world.run], 1).rows, 5)
  world.table.changed.fill(0)
  assert.equal(seriesRows(world.table, [world.run], 2).rows, 0)
  for (let i = 0; i < 3; i++) log(world, de!)
  assert.equal(seriesRows(world.table, [world.run], 3).rows, 2)
})
