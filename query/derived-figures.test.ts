import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { chosenSeed, createRandom, pick, whole } from '../test/random.ts'
import { createAsker, insertPoints, insertRuns, insertSummaries, openTestStore, type TestStore } from './fixture.ts'

type Logged = { readonly step: number; readonly value: number; readonly ord: number }
const histories = new Map<string, Logged[]>()
let store: TestStore
const random = createRandom(chosenSeed())

before(async () => {
  store = await openTestStore()
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < 25; i++) {
    const points = Array.from({ length: whole(random, 1, 30) }, (_, n) => {
      const value = random() < 0.1 ? pick(random, odd) : whole(random, -40, 40) / 8
      // Some steps more than once, some out of order.
      return { step: random() < 0.2 ? whole(random, 0, n) : n, value, ord: n + 1 }
    })
    await logRun(`run-${i}`, points, 1)
  }
  await insertRuns(store, 'p', [{ run: 'without' }])
})
after(() => store.close())

async function logRun(run: string, points: Logged[], version: number): Promise<void> {
  const known = histories.get(run) ?? []
  const all = [...known, ...points]
  histories.set(run, all)
  await insertPoints(store, 'p', run, 'loss', points)
  if (version === 1) await insertRuns(store, 'p', [{ run }])
  const finite = all.map(({ value }) => value).filter(Number.isFinite)
  const [min, max] = finite.length === 0 ? [Number.NaN, Number.NaN] : [Math.min(...finite), Math.max(...finite)]
  const last = all.at(-1)!.value
  const summary = { run, metric: 'loss', last, min, max, count: all.length, nan: all.length - finite.length, version }
  await insertSummaries(store, 'p', [summary])
}

function meanOfLast(points: readonly Logged[], count: number): number {
  const bySteps = new Map<number, number>()
  for (const { step, value } of [...points].sort((a, b) => a.ord - b.ord)) bySteps.set(step, value)
  const values = [...bySteps].sort(([a], [b]) => b - a).slice(0, count)
  return values.reduce((sum, [, value]) => sum + value, 0) / values.length
}

const firstStep = (points: readonly Logged[], reached: (value: number) => boolean): number | undefined => {
  const steps = points.filter(({ value }) => reached(value)).map(({ step }) => step)
  return steps.length === 0 ? undefined : Math.min(...steps)
}

const figures = [
  { figure: { field: 'MEAN_OF_LAST', points: 3 }, of: (points: Logged[]) => meanOfLast(points, 3) },
  { figure: { field: 'MEAN_OF_LAST', points: 10_000 }, of: (points: Logged[]) => meanOfLast(points, 10_000) },
  { figure: { field: 'FIRST_STEP_BELOW', bound: -3.5 }, of: (points: Logged[]) => firstStep(points, (v) => v < -3.5) },
  { figure: { field: 'FIRST_STEP_ABOVE', bound: 4.5 }, of: (points: Logged[]) => firstStep(points, (v) => v > 4.5) },
]
const document = `query ($sort: RunSort, $filter: RunFilter) { runs(project: "p", first: 500, sort: $sort, filter: $filter) { totalCount nodes { run } } }`

/** Rank, value, id: what the order of a figure goes by. */
function inOrder(of: (points: Logged[]) => number | undefined): string[] {
  const runs = [...histories.keys(), 'without'].map((run) => {
    const value = histories.has(run) ? of(histories.get(run)!) : undefined
    return { run, value, rank: value === undefined ? 2 : Number.isNaN(value) ? 1 : 0 }
  })
  const compare = (a: string, b: string) => (a < b ? -1 : 1)
  runs.sort(
    (a, b) => a.rank - b.rank || (a.rank === 0 && a.value !== b.value ? a.value! - b.value! : compare(a.run, b.run)),
  )
  return runs.map(({ run }) => run)
}

for (const [way, leaderboardFromRuns] of [
  ['from memory', 0],
  ['by SQL', Number.POSITIVE_INFINITY],
] as const) {
  test(`figures that no summary has sort and filter ${way} as brute force over the points does, also when runs log on`, async () => {
    const { ask } = createAsker(store.reader, { settings: { leaderboardFromRuns } })
    for (const version of [2, 3]) {
      for (const { figure, of } of figures) {
        const metric = { name: 'loss', ...figure }
        const sorted = await ask(document, { sort: { by: { metric } } })
        assert.deepEqual(sorted.errors, [])
        const expected = inOrder(of)
        assert.deepEqual(
          sorted.data.runs.nodes.map(({ run }: { run: string }) => run),
          expected,
        )
        const filter = { or: [{ metric: { ...metric, number: { less: 4 } } }, { run: { is: 'without' } }] }
        const found = await ask(document, { sort: { by: { metric } }, filter })
        const few = expected.filter((run) => run === 'without' || (of(histories.get(run)!) ?? Number.NaN) < 4)
        assert.deepEqual(
          found.data.runs.nodes.map(({ run }: { run: string }) => run),
          few,
        )
      }
      const run = `run-${whole(random, 0, 24)}`
      await logRun(
        run,
        [{ step: 1000 * version, value: -5, ord: 1000 * version + (leaderboardFromRuns === 0 ? 0 : 1) }],
        version + (leaderboardFromRuns === 0 ? 0 : 10),
      )
    }
  })
  test(`too many points to read are refused ${way} before any is read; a filter that needs fewer of them is not`, async () => {
    const rows = ['huge-1', 'huge-2']
    await insertRuns(
      store,
      'q',
      rows.map((run) => ({ run })),
    )
    await insertSummaries(
      store,
      'q',
      rows.map((run) => ({ run, metric: 'loss', last: 1, count: 15_000_000 })),
    )
    const { ask } = createAsker(store.reader, { settings: { leaderboardFromRuns } })
    const question = document.replace('"p"', '"q"')
    const sort = { by: { metric: { name: 'loss', field: 'MEAN_OF_LAST', points: 2 } } }
    const answer = await ask(question, { sort })
    assert.equal(answer.errors[0]?.extensions.code, 'TOO_COSTLY')
    const bounded = { metric: { name: 'loss', field: 'FIRST_STEP_BELOW', bound: 0.5, exists: true } }
    assert.equal((await ask(question, { filter: bounded })).data.runs.totalCount, 0)
  })
}

test('arguments that a figure does not have, or lacks, are refused', async () => {
  const { ask } = createAsker(store.reader)
  for (const figure of [
    { field: 'MEAN_OF_LAST' },
    { field: 'LAST', points: 3 },
    { field: 'FIRST_STEP_BELOW', points: 3 },
    { field: 'MEAN_OF_LAST', points: 0 },
    { field: 'MAX', bound: 1 },
  ]) {
    const answer = await ask(document, { sort: { by: { metric: { name: 'loss', ...figure } } } })
    assert.equal(answer.errors[0]?.extensions.code, 'BAD_INPUT', JSON.stringify(figure))
  }
})
