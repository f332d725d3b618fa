import { after, before, test } from 'node:test'
import { openTestStore, type TestStore } from '../fixture.ts'
import { fuzzPipeline } from './pipeline.fuzz.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

test('curves on any axis, in any range, smoothed or computed, equal a brute-force recomputation', async (t) => {
  const seed = Number(process.env.SEED ?? 1)
  const histories = Number(process.env.HISTORIES ?? 8)
  t.diagnostic(`SEED=${seed} replays this`)
  await fuzzPipeline(store, seed, histories, Number(process.env.WINDOWS ?? 6))
})
