import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { createLateWrites, type LateWrites } from '../../schema/late-writes.ts'
import { tiling } from '../../schema/tiles.ts'
import { createAsker, insertRuns, type LoggedPoint, openTestStore, type TestStore } from '../fixture.ts'
import { checkSeries, document } from '../series.fuzz.ts'
import { expectedSeries } from '../series.oracle.ts'
import { createTiledSeries } from '../tiled.fixture.ts'
import { useSmallSizes } from '../tiled.fuzz.ts'
import { sizes } from './sizes.ts'

useSmallSizes()
Object.assign(sizes, { sealsKeptMs: 60_000, edgePoints: 30, chartPoints: 0, sealsPoints: 1_000 })
Object.assign(tiling, { lateSlack: 20 })
let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

/** A series of 600 points with tiles, asked twice, so that all of it is known; and the tables that are read from then on. */
async function knownSeries(run: string, lateWrites: LateWrites) {
  const tables: string[] = []
  let beforePoints = async () => {}
  const reader: TestStore['reader'] = {
    ...store.reader,
    async columns(sql, ...rest) {
      const table = /FROM (\w+)/.exec(sql)![1]!
      tables.push(table)
      if (table === 'points') await beforePoints()
      return await store.reader.columns(sql, ...rest)
    },
  }
  await insertRuns(store, 'late', [{ run }])
  const series = createTiledSeries(store, 'late', run, 'm', lateWrites)
  let offset = 0
  async function log(steps: readonly number[]): Promise<void> {
    offset++
    const points = steps.map((step, i): LoggedPoint => ({ step, value: step + offset, ord: offset * 65_536 + i }))
    await series.insert(points, offset)
  }
  await log(Array.from({ length: 600 }, (_, step) => step))
  await series.build(series.summary())
  const { ask } = createAsker(reader, { lateWrites })
  async function check(): Promise<readonly string[]> {
    tables.length = 0
    const answer = await ask(document, { in: { project: 'late', runs: [run], metrics: ['m'], buckets: 20 } })
    const window = { fromStep: undefined, toStep: undefined, buckets: 20, repeated: 'LAST' } as const
    const [drawn] = answer.data.series
    checkSeries(drawn, expectedSeries(series.logged, { ...window, width: drawn.receipt.bucketWidth }), run)
    return [...tables].sort()
  }
  await check()
  await check()
  const during = (work: () => Promise<void>) => {
    beforePoints = async () => {
      beforePoints = async () => {}
      await work()
    }
  }
  return { ...series, log, check, during }
}

test('of a series that is known the points beside tiles are read and nothing else', async () => {
  const { check, log } = await knownSeries('still', createLateWrites())
  assert.deepEqual(await check(), ['points'])
  await log([600, 601])
  assert.deepEqual(await check(), ['points'])
})

test('late points that came between two questions are in the second, and what it learnt serves the third', async () => {
  const { check, log } = await knownSeries('between', createLateWrites())
  await log([300, 301])
  assert.ok((await check()).includes('late_points'))
  assert.deepEqual(await check(), ['points'])
})

test('late points that come while a question is under way, before its points are read, are in its answer with the others of their block', async () => {
  const { check, log, during } = await knownSeries('during', createLateWrites())
  during(() => log([200, 599, 600]))
  assert.ok((await check()).includes('late_points'))
})

test('while late ranges may be on their way the store is asked', async () => {
  const lateWrites = createLateWrites()
  const { check, summary } = await knownSeries('under way', lateWrites)
  const written = lateWrites.begin([summary()])
  assert.deepEqual(await check(), ['late_points', 'points'])
  written()
  assert.deepEqual(await check(), ['late_points', 'points'], 'it was not known before whether they were there')
  assert.deepEqual(await check(), ['points'])
})

test('without being told late points would be missed: this is what the marks are for', async () => {
  const { check, log } = await knownSeries('deaf', { begin: () => () => {}, mark: () => 0 })
  await log([300, 301])
  await assert.rejects(check())
})

test('a mark is the same until a write of its series is over, and there is none while one is under way', () => {
  const { begin, mark } = createLateWrites()
  const [one, other] = [
    { run: 1n, metric: 2n },
    { run: 2n ** 63n + 5n, metric: 2n },
  ]
  const marks = () => [one, other].map(({ run, metric }) => mark(run, metric))
  const [atFirst, ofOther] = marks()
  const [first, second] = [begin([one, one]), begin([one])]
  assert.deepEqual(marks(), [undefined, ofOther])
  first()
  first()
  assert.deepEqual(marks(), [undefined, ofOther])
  second()
  const [atLast] = marks()
  assert.ok(atLast !== undefined && atLast !== atFirst)
  assert.deepEqual(marks(), [atLast, ofOther])
})
