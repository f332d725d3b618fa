import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { openTestStore, type TestStore } from './fixture.ts'
import { fuzzSeries } from './series.fuzz.ts'
import { createTiledSeries } from './tiled.fixture.ts'
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

test('of the tiles of one place and version each is right, also where two late stretches are in one wider tile', async () => {
  const series = createTiledSeries(store, 'wide', 'r', 'm')
  const point = (step: number, offset: number) => ({ step, value: step, ord: offset * 65_536 + step })
  const steps = Array.from({ length: 3_000 }, (_, step) => step)
  await series.insert(
    steps.map((step) => point(step, 1)),
    1,
  )
  await series.build(series.summary())
  // In tiles of 4 and of 16 steps they are apart.
  for (const [i, step] of [256, 287].entries()) await series.insert([point(step, 2 + i)], 2 + i)
  await series.build(series.summary())
  const tiles = await store.reader.rows<{ width: string; first: string; points: string }>(
    `SELECT width, start AS first, places[1] + places[2] AS points FROM tiles WHERE run = {run:UInt64} AND version = 3`,
    { run: series.summary().run },
  )
  const widths = new Set(tiles.map(({ width }) => Number(width)))
  assert.ok(widths.size > 3, JSON.stringify(tiles))
  for (const { width, first, points } of tiles) {
    const inside = series.logged.filter(({ step }) => step >= Number(first) && step < Number(first) + Number(width))
    assert.equal(Number(points), inside.length, `${first} and ${width} steps on`)
  }
})
