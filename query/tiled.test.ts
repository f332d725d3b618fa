import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { openTestStore, type TestStore } from './fixture.ts'
import { fuzzSeries } from './series.fuzz.ts'
import { fuzzTiles, useSmallSizes } from './tiled.fuzz.ts'
import { sizes } from './tiles/sizes.ts'

useSmallSizes()
let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

const seed = Number(process.env.SEED ?? 8)

test('curves of series with tiles equal brute force, however late points come and whoever builds when', async (t) => {
  t.diagnostic(`SEED=${seed} replays this, but for the moments of questions during writes`)
  const outcome = await fuzzTiles(store, seed, Number(process.env.HISTORIES ?? 6), 10)
  t.diagnostic(JSON.stringify(outcome))
  assert.ok(outcome.fromTiles > 10, 'tiles were used')
})

test('so do those of series without tiles that are put into buckets in the store', async () => {
  sizes.chartPoints = 0
  await fuzzSeries(store, seed, 4, 6)
})
