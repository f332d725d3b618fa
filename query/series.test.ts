import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { createAsker, createTestWatermark, insertPoints, insertRuns, openTestStore, type TestStore } from './fixture.ts'
import { fuzzSeries } from './series.fuzz.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

test('curves equal a brute-force recomputation, whatever was logged and whatever window is asked', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  const histories = Number(process.env.HISTORIES ?? 25)
  t.diagnostic(`SEED=${seed} replays this`)
  await fuzzSeries(store, seed, histories, 8)
})

const contract = 'query ($in: SeriesInput!) { series(input: $in) { run metric steps values } }'

test("the contract's own question is answered as it says", async () => {
  await insertRuns(store, 'p', [{ run: 'r1' }])
  const points = [1, 2, 3].map((step) => ({ step, value: step === 2 ? Number.NaN : step / 2, ord: step }))
  await insertPoints(store, 'p', 'r1', 'loss', points)
  const watermark = createTestWatermark()
  const { ask } = createAsker(store.reader, { watermark })
  const answer = await ask(contract, { in: { project: 'p', runs: ['r1'], metrics: ['loss'], at: 'token' } })
  assert.deepEqual(answer.data, {
    series: [{ run: 'r1', metric: 'loss', steps: [1, 2, 3], values: [0.5, 'NaN', 1.5] }],
  })
  assert.deepEqual(watermark.asked, ['token'], 'waits for points, not for summaries')
})

test('series come in the order asked, runs first, those without points empty', async () => {
  await insertRuns(store, 'order', [{ run: 'a' }, { run: 'b' }])
  await insertPoints(store, 'order', 'b', 'y', [{ step: 0, value: 1, ord: 1 }])
  const { ask } = createAsker(store.reader)
  const answer = await ask(contract, { in: { project: 'order', runs: ['b', 'a', 'b'], metrics: ['z', 'y'] } })
  const shown = answer.data.series.map((s: { run: string; metric: string; steps: number[] }) => [
    s.run,
    s.metric,
    s.steps.length,
  ])
  const expected = [
    ['b', 'z', 0],
    ['b', 'y', 1],
    ['a', 'z', 0],
    ['a', 'y', 0],
    ['b', 'z', 0],
    ['b', 'y', 1],
  ]
  assert.deepEqual(shown, expected)
})

test('an unknown run is refused by name; one of another project is unknown', async () => {
  await insertRuns(store, 'here', [{ run: 'a' }])
  const { ask } = createAsker(store.reader)
  const answer = await ask(contract, { in: { project: 'elsewhere', runs: ['a'], metrics: ['x'] } })
  assert.equal(answer.errors[0]!.extensions.code, 'UNKNOWN_RUN')
  assert.match(answer.errors[0]!.message, /"elsewhere" has no run "a"/)
})

test('a long series with one spike keeps the spike, and says what it left out', async () => {
  await insertRuns(store, 'spike', [{ run: 'a' }])
  const points = Array.from({ length: 30_000 }, (_, step) => ({ step, value: step === 12_345 ? 99 : 0.5, ord: step }))
  await insertPoints(store, 'spike', 'a', 'x', points)
  const { ask } = createAsker(store.reader)
  const question = `query ($in: SeriesInput!) { series(input: $in) { steps values receipt { method exact bucketWidth pointsTotal } } }`
  const answer = await ask(question, { in: { project: 'spike', runs: ['a'], metrics: ['x'], buckets: 100 } })
  const [series] = answer.data.series
  assert.equal(series.values[series.steps.indexOf(12_345)], 99)
  assert.deepEqual(series.receipt, { method: 'M4', exact: false, bucketWidth: 512, pointsTotal: 30_000 })
})

test('all series of a request take one question of each kind, not one each', async () => {
  let questions = 0
  const counting = {
    ...store.reader,
    columns: (...args: Parameters<typeof store.reader.columns>) => {
      questions++
      return store.reader.columns(...args)
    },
  }
  const runs = Array.from({ length: 50 }, (_, i) => `run ${i}`)
  await insertRuns(
    store,
    'many',
    runs.map((run) => ({ run })),
  )
  for (const run of runs.slice(0, 5)) await insertPoints(store, 'many', run, 'x', [{ step: 1, value: 1, ord: 1 }])
  const { ask } = createAsker(counting)
  const answer = await ask(contract, { in: { project: 'many', runs, metrics: ['x', 'y'] } })
  assert.equal(answer.data.series.length, 100)
  // Points, and the runs without any.
  assert.equal(questions, 2)
})
