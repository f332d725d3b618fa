import { strict as assert } from 'node:assert'
import { createRandom, pick, type Random, whole } from '../test/random.ts'
import { type Answer, createAsker, insertRuns, insertSummaries, type TestStore } from './fixture.ts'

/**
 * Random filters, orders and pages over runs that keep changing, answered from memory and in plain SQL: both must agree in every edge, cursor
 * and count. Texts and numbers are few, so that ties, absent values and matches are many.
 */
export async function fuzzLeaderboards(
  store: TestStore,
  seed: number,
  rounds: number,
  questions: number,
): Promise<void> {
  const random = createRandom(seed)
  const project = `boards ${seed}`
  const memory = createAsker(store.reader, { settings: { leaderboardFromRuns: 0 } })
  const sql = createAsker(store.reader, { settings: { leaderboardFromRuns: Number.POSITIVE_INFINITY } })
  for (let round = 0, version = 1; round < rounds; round++) {
    version = await change(store, project, random, version)
    if (random() < 0.2) await store.command(`OPTIMIZE TABLE ${pick(random, ['runs', 'metric_figures'])} FINAL`)
    for (let i = 0; i < questions; i++) {
      const variables = { project, filter: randomFilter(random, 3), sort: randomSort(random) }
      await walk(variables, random, memory.ask, sql.ask)
      const facets = { project, filter: variables.filter, first: whole(random, 1, 6) }
      const [mine, theirs] = [await memory.ask(facetsDocument, facets), await sql.ask(facetsDocument, facets)]
      assert.deepEqual(mine, theirs, JSON.stringify(facets))
    }
  }
}

const names = ['', 'a', 'ab', 'abc', 'b', 'é', '\u{ffee}', '\u{1f600}', "o'k\\", 'a\tb', 'run']
const runs = Array.from({ length: 60 }, (_, i) => `${names[i % names.length]}-${i % 7}${i}`)
const paramNames = ['lr', 'opt', 'deep']
const paramValues = [0.1, 0.2, 1, -3, 1e300, true, false, 'adam', 'sgd', '0.1', '', 'a', '\u{1f600}']
const tagNames = ['team', 'site']
const metrics = ['loss', 'acc']
const numbers = [0, 0.5, 1, -1, 2, 1e9, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
const states = ['running', 'finished', 'failed', 'killed']

function some<T>(random: Random, items: readonly T[], chance: number): T[] {
  return items.filter(() => random() < chance)
}

async function change(store: TestStore, project: string, random: Random, version: number): Promise<number> {
  const changed = some(random, runs, pick(random, [0.05, 0.3, 0.8])).map((run) => ({
    run,
    name: pick(random, names),
    state: pick(random, states),
    createdMs: whole(random, 1, 5) * 1000,
    params: Object.fromEntries(some(random, paramNames, 0.6).map((name) => [name, pick(random, paramValues)])),
    tags: Object.fromEntries(some(random, tagNames, 0.5).map((name) => [name, pick(random, names)])),
    // Sometimes older than what is there.
    version: Math.max(1, version + whole(random, -2, 1)),
  }))
  await insertRuns(store, project, changed)
  // Also of runs that are not there yet.
  const summaries = some(random, runs, 0.5).map((run) => {
    const [last, nan] = [pick(random, numbers), whole(random, 0, 1)]
    const extremes = random() < 0.2 ? Number.NaN : pick(random, numbers.slice(0, 6))
    const count = whole(random, 1, 3)
    const at = Math.max(1, version + whole(random, -2, 1))
    return { run, metric: pick(random, metrics), last, min: extremes, max: extremes, count, nan, version: at }
  })
  // One row for each series and version: rows that are alike are the same.
  const unique = [...new Map(summaries.map((one) => [`${one.run}\0${one.metric}`, one])).values()]
  await insertSummaries(
    store,
    project,
    unique.map((one) => ({ ...one, version: 10 * version + (one.version % 10) })),
  )
  return version + 1
}

type Input = Record<string, unknown>

function textCondition(random: Random, of: readonly string[]): Input {
  return pick(random, [
    () => ({ is: pick(random, of) }),
    () => ({ in: some(random, of, 0.3) }),
    () => ({ contains: pick(random, ['', 'a', 'b', '-1', '\u{1f600}', 'run']) }),
    () => ({ startsWith: pick(random, ['', 'a', 'ab', '\u{1f600}']) }),
    () => ({ startsWith: 'a', contains: '1' }),
  ])()
}

function numberCondition(random: Random): Input {
  const bound = () => pick(random, [0, 0.1, 0.5, 1, 2, -1])
  return pick(random, [
    () => ({ is: bound() }),
    () => ({ in: [bound(), bound()] }),
    () => ({ less: bound() }),
    () => ({ lessOrEqual: bound() }),
    () => ({ greater: bound() }),
    () => ({ greaterOrEqual: bound(), less: bound() }),
    () => ({}),
  ])()
}

const fields = ['LAST', 'MIN', 'MAX', 'COUNT', 'LAST_STEP', 'MAX_STEP', 'NON_FINITE_COUNT', 'FIRST_NON_FINITE_STEP']

/** Those whose arithmetic is the same everywhere; conditions have bounds, on whose sides rounding could put a run. */
const exactFormulas = [
  'loss - acc',
  'loss / acc',
  'min(loss, acc) * -1',
  'acc ^ 0',
  'loss + none',
  'sqrt(abs(acc)) - loss',
]
const formulas = [...exactFormulas, 'log(loss)', 'exp(acc) / 3', 'log10(loss) - log(acc)', 'loss ^ 0.3', '1 / loss']

function maybe(random: Random, name: string, value: () => unknown): Input {
  return random() < 0.4 ? { [name]: value() } : {}
}

function randomFilter(random: Random, depth: number): Input {
  const exists = () => random() < 0.5
  const leaves: (() => Input)[] = [
    () => ({}),
    () => ({ state: some(random, ['RUNNING', 'FINISHED', 'FAILED', 'KILLED'], 0.5) }),
    () => ({ name: textCondition(random, names) }),
    () => ({ run: textCondition(random, runs) }),
    () => ({ created: { from: whole(random, 1, 5) * 1000, ...maybe(random, 'before', () => 4000) } }),
    () => ({
      param: {
        name: pick(random, [...paramNames, 'none']),
        ...maybe(random, 'exists', exists),
        ...maybe(random, 'number', () => numberCondition(random)),
        ...maybe(random, 'text', () => textCondition(random, ['adam', '0.1', 'true', ''])),
      },
    }),
    () => ({
      tag: {
        name: pick(random, tagNames),
        ...maybe(random, 'exists', exists),
        ...maybe(random, 'text', () => textCondition(random, names)),
      },
    }),
    () => ({
      metric: {
        name: pick(random, [...metrics, 'none']),
        field: pick(random, fields),
        ...maybe(random, 'exists', exists),
        ...maybe(random, 'number', () => numberCondition(random)),
      },
    }),
    () => ({
      expression: {
        text: pick(random, exactFormulas),
        field: pick(random, fields),
        ...maybe(random, 'exists', exists),
        ...maybe(random, 'number', () => numberCondition(random)),
      },
    }),
  ]
  if (depth === 0 || random() < 0.4) return pick(random, leaves)()
  const several = () => Array.from({ length: whole(random, 0, 3) }, () => randomFilter(random, depth - 1))
  return pick(random, [
    () => ({ and: several(), ...pick(random, leaves)() }),
    () => ({ or: several() }),
    () => ({ not: randomFilter(random, depth - 1), ...pick(random, leaves)() }),
  ])()
}

function randomSort(random: Random): Input {
  const by = pick(random, [
    () => ({ field: pick(random, ['CREATED', 'UPDATED', 'NAME', 'RUN']) }),
    () => ({ param: pick(random, paramNames) }),
    () => ({ paramText: pick(random, paramNames) }),
    () => ({ tag: pick(random, tagNames) }),
    () => ({ metric: { name: pick(random, metrics), field: pick(random, fields) } }),
    () => ({ expression: { text: pick(random, formulas), field: pick(random, fields) } }),
  ])()
  return { by, direction: pick(random, ['ASCENDING', 'DESCENDING']) }
}

const document = `query ($project: String!, $filter: RunFilter, $sort: RunSort, $first: Int, $after: String, $last: Int, $before: String) {
  runs(project: $project, filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
    totalCount edges { cursor node { run name state created params tags
      metrics(names: ["none", "loss", "acc"]) { name count last min minStep max maxStep firstStep lastStep firstNonFiniteStep }
      few: metrics(names: ["loss", "acc", "loss"], startsWith: "a", first: 1) { id maxStep }
      later: metrics(names: ["acc", "loss"], after: "acc") { name }
      all: metrics { name nan lastTime max } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`

const facetsDocument = `query ($project: String!, $filter: RunFilter, $first: Int) {
  facets(project: $project, filter: $filter, first: $first, of: [{ field: STATE }, { param: "lr" }, { param: "none" }, { tag: "team" }]) {
    name runs missing distinct values { text runs } moreValues moreRuns
    numbers { runs nonFinite min max binWidth binStarts binCounts } } }`

type AskQuestion = (document: string, variables: unknown) => Promise<Answer>

/** From either end, page by page; both ways must give the same pages, and all pages together each run once. */
async function walk(variables: Input, random: Random, memory: AskQuestion, sql: AskQuestion): Promise<void> {
  const size = whole(random, 1, 25)
  const fromEnd = random() < 0.4
  const seen: string[] = []
  let cursor: string | null = null
  let total = 0
  for (let pages = 0; pages < 3; pages++) {
    const range: Input = fromEnd ? { last: size, before: cursor } : { first: size, after: cursor }
    const [mine, theirs] = [
      await memory(document, { ...variables, ...range }),
      await sql(document, { ...variables, ...range }),
    ]
    const question = () => JSON.stringify({ ...variables, ...range })
    assert.deepEqual(mine.errors, theirs.errors, question())
    assert.deepEqual(mine.data, theirs.data, question())
    if (mine.errors.length > 0) return
    const { edges, pageInfo, totalCount } = mine.data.runs
    total = totalCount
    seen.push(...edges.map((edge: { node: { run: string } }) => edge.node.run))
    if (!(fromEnd ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) break
    cursor = fromEnd ? pageInfo.startCursor : pageInfo.endCursor
  }
  assert.equal(new Set(seen).size, seen.length)
  assert.ok(seen.length === total || seen.length === 3 * size, `${seen.length} of ${total}`)
}

if (process.argv[1] === import.meta.filename) {
  const { openTestStore } = await import('./fixture.ts')
  const store = await openTestStore()
  const [seed = Date.now() % 1e9, rounds = 200] = process.argv.slice(2).map(Number)
  console.log(`seed ${seed}, ${rounds} rounds`)
  await fuzzLeaderboards(store, seed, rounds, 12).finally(() => store.close())
}
