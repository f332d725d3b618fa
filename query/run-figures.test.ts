import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import type { StoreReader } from '../schema/store.ts'
import { createAsker, insertRuns, insertSummaries, openTestStore, type TestStore } from './fixture.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

/** A reader that counts what it is asked of a table. */
function counting(reader: StoreReader, table: string): StoreReader & { asked: number } {
  const counted = {
    ...reader,
    asked: 0,
    columns(...[sql, parameters, options]: Parameters<StoreReader['columns']>) {
      if (new RegExp(`FROM ${table}\\b`).test(sql)) counted.asked++
      return reader.columns(sql, parameters, options)
    },
  }
  return counted
}

const page = (fields: string) =>
  `{ runs(project: "shown", first: 20, sort: { by: { field: RUN } }) { nodes { run metrics(names: ["m1", "m0", "no"]) { ${fields} } } } }`

test('figures of a page come from memory once they are there, and follow what is logged', async () => {
  const reader = counting(store.reader, 'series')
  const { ask } = createAsker(reader, { settings: { leaderboardFromRuns: 0 } })
  const runs = Array.from({ length: 30 }, (_, i) => ({ run: `r${String(i).padStart(2, '0')}` }))
  const logged = new Map<string, { last: number; min: number; count: number; nan: number }>()
  async function log(of: readonly number[], version: number): Promise<void> {
    const rows = of.flatMap((i) =>
      [0, 1]
        .filter((m) => (i + m) % 3 > 0)
        .map((m) => {
          const min = i % 4 === 0 ? Number.NaN : -i * version
          const figures = { last: i === 5 ? Number.NaN : i * version + m, min, count: version, nan: i % 2 }
          logged.set(`r${String(i).padStart(2, '0')} m${m}`, figures)
          return { run: `r${String(i).padStart(2, '0')}`, metric: `m${m}`, version, max: min, ...figures }
        }),
    )
    await insertSummaries(store, 'shown', rows)
  }
  await insertRuns(store, 'shown', runs)
  await log(
    runs.map((_, i) => i),
    1,
  )

  const shown = (value: number) => (Number.isNaN(value) ? 'NaN' : value)
  const expected = () =>
    runs.slice(0, 20).map(({ run }) => ({
      run,
      metrics: ['m0', 'm1'].flatMap((name) => {
        const one = logged.get(`${run} ${name}`)
        if (!one) return []
        const finite = !Number.isNaN(one.min)
        return [
          {
            ...{
              name,
              last: shown(one.last),
              min: finite ? one.min : null,
              maxStep: finite ? 2 : null,
              count: one.count,
            },
            firstNonFiniteStep: one.nan > 0 ? 7 : null,
          },
        ]
      }),
    }))
  const fields = 'name last min maxStep count firstNonFiniteStep'
  async function check(): Promise<void> {
    const { data, errors } = await ask(page(fields))
    assert.deepEqual(errors, [])
    assert.deepEqual(data.runs.nodes, expected())
  }

  // At first from the store, which brings them into memory.
  await check()
  assert.equal(reader.asked, 1)
  const deadline = performance.now() + 5_000
  for (let before = 0; before < reader.asked; ) {
    assert.ok(performance.now() < deadline, 'they are in memory soon')
    before = reader.asked
    await check()
  }
  const { asked } = reader
  for (let version = 2; version < 6; version++) {
    await log([version, 3 * version, 19], version)
    await check()
  }
  assert.equal(reader.asked, asked)
  // What is in `series` alone is asked for there, with all else of that field.
  const { data } = await ask(page('name nan last'))
  assert.equal(reader.asked, asked + 1)
  assert.deepEqual(
    data.runs.nodes,
    expected().map(({ run, metrics }) => ({
      run,
      metrics: metrics.map(({ name, last }) => ({ name, nan: logged.get(`${run} ${name}`)!.nan, last })),
    })),
  )
})

test('what would not fit into memory is not brought there', async () => {
  const reader = counting(store.reader, 'metric_figures')
  const { ask } = createAsker(reader, { settings: { leaderboardFromRuns: 0, leaderboardBytes: 300_000 } })
  for (let i = 0; i < 5; i++) assert.deepEqual((await ask(page('last min max count firstStep'))).errors, [])
  const before = reader.asked
  assert.ok(before > 0, 'a few figures fit')
  const names = JSON.stringify(Array.from({ length: 40 }, (_, i) => `m${i}`))
  const many = page('last min max count').replace('["m1", "m0", "no"]', names)
  for (let i = 0; i < 5; i++) assert.deepEqual((await ask(many)).errors, [])
  assert.equal(reader.asked, before)
})
