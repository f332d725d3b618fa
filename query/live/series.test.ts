import { after, before, test } from 'node:test'
import { openTestStore, type TestStore } from '../fixture.ts'
import { fuzzLiveSeries } from './series.fuzz.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

test('whoever applies the events has what brute force makes of the points, after each of them, whatever comes and goes', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  t.diagnostic(`SEED=${seed} replays this`)
  await fuzzLiveSeries(store, seed, 120)
  await fuzzLiveSeries(store, 5, 100)
})
