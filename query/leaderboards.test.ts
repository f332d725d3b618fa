import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { chosenSeed, createRandom, pick, whole } from '../test/random.ts'
import { createAsker, insertRuns, insertSummaries, openTestStore, type TestStore } from './fixture.ts'
import { fuzzLeaderboards } from './leaderboards.fuzz.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

test('answers from memory are those of plain SQL, while runs and summaries change', async () => {
  await fuzzLeaderboards(store, chosenSeed(), 3, 8)
})

const formulaPage = `query ($sort: RunSort, $first: Int, $after: String) { runs(project: "formulas", sort: $sort, first: $first, after: $after) {
  nodes { run } pageInfo { hasNextPage endCursor } } }`

const board = `query ($filter: RunFilter, $sort: RunSort) { runs(project: "race", filter: $filter, sort: $sort, first: 500) {
  totalCount nodes { run state params } } }`

test('whoever has written sees it, whatever others insert and merge at the same moment', async () => {
  const random = createRandom(chosenSeed())
  const { ask } = createAsker(store.reader, { settings: { leaderboardFromRuns: 0 } })
  const merging = ['runs', 'metric_figures', 'runs']
  const writers = 4
  let done = false

  async function write(writer: number): Promise<void> {
    const tags = { writer: String(writer) }
    const known = new Map<string, { state: string; lr: number; loss: number }>()
    for (let version = 1; version <= 8; version++) {
      const changed = Array.from({ length: whole(random, 1, 5) }, () => {
        const [state, lr, loss] = [pick(random, ['running', 'finished', 'failed']), random(), random()]
        return { run: `${writer}-${whole(random, 1, 12)}`, state, lr, loss }
      })
      const unique = [...new Map(changed.map((one) => [one.run, one])).values()]
      await insertRuns(
        store,
        'race',
        unique.map(({ run, state, lr }) => ({ run, state, tags, params: { lr }, version })),
      )
      await insertSummaries(
        store,
        'race',
        unique.map(({ run, loss }) => ({ run, metric: 'loss', last: loss, version })),
      )
      for (const one of unique) known.set(one.run, one)
      const filter = { tag: { name: 'writer', text: { is: String(writer) } } }
      const answer = await ask(board, { filter, sort: { by: { metric: { name: 'loss' } } } })
      assert.deepEqual(answer.errors, [])
      const expected = [...known].sort(([, a], [, b]) => a.loss - b.loss)
      assert.deepEqual(
        answer.data.runs.nodes,
        expected.map(([run, { state, lr }]) => ({ run, state: state.toUpperCase(), params: { lr } })),
      )
      const slow = { and: [filter, { param: { name: 'lr', number: { less: 0.5 } } }, { state: ['FAILED'] }] }
      const counted = await ask(board, { filter: slow })
      const few = expected.filter(([, { state, lr }]) => state === 'failed' && lr < 0.5)
      assert.equal(counted.data.runs.totalCount, few.length)
    }
  }
  async function writeAll(): Promise<void> {
    try {
      await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)))
    } finally {
      done = true
    }
  }
  async function merge(): Promise<void> {
    while (!done) await store.command(`OPTIMIZE TABLE ${pick(random, merging)} FINAL`)
  }
  await Promise.all([writeAll(), merge()])
})

test('an order by an expression is that of brute force, whoever answers which page', async () => {
  const random = createRandom(chosenSeed())
  const grid = [0.25, 0.5, 1, 2, 3, 1e300, -1, 0, -0, Number.NaN, Number.POSITIVE_INFINITY]
  const logged = Array.from({ length: 400 }, (_, i) => {
    const value = () => (random() < 0.9 ? pick(random, grid) : undefined)
    return { run: `r${String(i).padStart(3, '0')}`, train: value(), val: value() }
  })
  await insertRuns(store, 'formulas', logged)
  for (const metric of ['train', 'val'] as const) {
    const having = logged.filter((one) => one[metric] !== undefined)
    await insertSummaries(
      store,
      'formulas',
      having.map((one) => ({ run: one.run, metric: `${metric}/loss`, last: one[metric]! })),
    )
  }
  const formulas: Record<string, (train: number, val: number) => number> = {
    'train/loss - val/loss': (train, val) => train - val,
    'log(train/loss) / val/loss': (train, val) => Math.log(train) / val,
    'exp(-train/loss) + log10(abs(val/loss))': (train, val) => Math.exp(-train) + Math.log10(Math.abs(val)),
    '`train/loss` ^ 0.3 * max(val/loss, 1)': (train, val) => train ** 0.3 * Math.max(val, 1),
    '1 / train/loss + 0 * val/loss': (train, val) => 1 / train + 0 * val,
  }
  const askers = [0, Number.POSITIVE_INFINITY].map(
    (leaderboardFromRuns) => createAsker(store.reader, { settings: { leaderboardFromRuns } }).ask,
  )
  for (const [text, compute] of Object.entries(formulas)) {
    for (const direction of ['ASCENDING', 'DESCENDING'] as const) {
      const sign = direction === 'ASCENDING' ? 1 : -1
      const placed = logged.map(({ run, train, val }) => {
        const value = train === undefined || val === undefined ? undefined : compute(train, val)
        return { run, value: value ?? 0, rank: value === undefined ? 2 : Number.isNaN(value) ? 1 : 0 }
      })
      const alike = (a: number, b: number) => a === b || Math.abs(a - b) < 1e-9 * Math.abs(a)
      placed.sort((a, b) => {
        const byRun = sign * (a.run < b.run ? -1 : 1)
        return a.rank - b.rank || (a.rank > 0 || alike(a.value, b.value) ? byRun : sign * (a.value < b.value ? -1 : 1))
      })
      const seen: string[] = []
      for (let after: string | null = null; after !== null || seen.length === 0; ) {
        const variables = { sort: { by: { expression: { text } }, direction }, first: whole(random, 5, 90), after }
        const answer = await pick(random, askers)(formulaPage, variables)
        assert.deepEqual(answer.errors, [])
        const { nodes, pageInfo } = answer.data.runs
        seen.push(...nodes.map(({ run }: { run: string }) => run))
        after = pageInfo.hasNextPage ? pageInfo.endCursor : null
      }
      assert.deepEqual(
        seen,
        placed.map(({ run }) => run),
        `${text}, ${direction}`,
      )
    }
  }
})

test('a table that was emptied or filled anew is read anew', async () => {
  const { ask } = createAsker(store.reader, { settings: { leaderboardFromRuns: 0 } })
  const count = async () => (await ask('{ runs(project: "gone") { totalCount } }')).data.runs.totalCount
  const runs = ['a', 'b', 'c'].map((run) => ({ run }))
  await insertRuns(store, 'gone', runs)
  assert.equal(await count(), 3)
  await store.command('TRUNCATE TABLE runs')
  assert.equal(await count(), 0)
  await insertRuns(store, 'gone', runs.slice(0, 2))
  assert.equal(await count(), 2)
  await store.command("ALTER TABLE runs DELETE WHERE run = 'b' SETTINGS mutations_sync = 2")
  assert.equal(await count(), 1)
})

test('what does not fit into memory is answered all the same, and what was not used for longest is given back', async () => {
  const settings = { leaderboardFromRuns: 0, leaderboardBytes: 300_000 }
  const { ask } = createAsker(store.reader, { settings })
  for (const project of ['one', 'two', 'three']) {
    const runs = Array.from({ length: 500 }, (_, i) => ({ run: `r${i}`, name: `${project} ${i % 10}`, createdMs: i }))
    await insertRuns(store, project, runs)
  }
  for (let round = 0; round < 2; round++) {
    for (const project of ['one', 'two', 'three']) {
      for (const field of ['CREATED', 'NAME', 'UPDATED', 'RUN']) {
        const question = `query ($p: String!) { runs(project: $p, sort: { by: { field: ${field} } }, first: 1, filter: { name: { contains: "7" } }) {
          totalCount nodes { run name } } }`
        const answer = await ask(question, { p: project })
        assert.deepEqual(answer.data.runs, {
          totalCount: 50,
          nodes: [{ run: answer.data.runs.nodes[0].run, name: `${project} 7` }],
        })
      }
    }
  }
})
