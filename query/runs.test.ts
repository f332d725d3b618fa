import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import {
  createAsker,
  createTestWatermark,
  insertRuns,
  insertSummary,
  openTestStore,
  type TestStore,
} from './fixture.ts'

const project = 'p'
let store: TestStore
let ask: ReturnType<typeof createAsker>['ask']

before(async () => {
  store = await openTestStore()
  ask = createAsker(store.reader).ask
  // Old rows first: none of what they say may show up.
  await insertRuns(store, project, [
    { run: 'a', name: 'stale', state: 'failed', params: { lr: 9, old: true }, createdMs: 1000, version: 1 },
    { run: 'b', name: 'stale', state: 'failed', createdMs: 2000, version: 1 },
  ])
  await insertRuns(store, project, [
    {
      run: 'a',
      name: 'alpha',
      state: 'finished',
      params: { lr: 0.1, opt: 'adam', big: true },
      createdMs: 1000,
      version: 2,
    },
    {
      run: 'b',
      name: 'beta',
      params: { lr: 0.01, opt: 'sgd' },
      tags: { team: "o'neil\\" },
      createdMs: 2000,
      version: 2,
    },
    { run: 'c', name: 'gamma', state: 'failed', params: { lr: '0.1' }, tags: { team: 'x' }, createdMs: 3000 },
    { run: 'd', state: 'killed', params: { lr: 0.1 }, createdMs: 4000 },
    { run: 'e', name: 'Alpha 2', params: { opt: 'adam' }, createdMs: 4000 },
  ])
  await insertRuns(store, 'other', [{ run: 'a', name: 'elsewhere' }])
  await insertSummary(store, project, 'a', 'acc', { last: 0.1, version: 1 })
  await insertSummary(store, project, 'a', 'acc', { last: 0.9, max: 0.95, count: 10, version: 2 })
  await insertSummary(store, project, 'b', 'acc', { last: Number.NaN, min: 0.2, max: 0.7, nan: 3, version: 1 })
  await insertSummary(store, project, 'c', 'acc', {
    last: Number.POSITIVE_INFINITY,
    min: Number.NaN,
    max: Number.NaN,
    version: 1,
  })
  await insertSummary(store, project, 'd', 'acc', { last: 0.5, version: 1 })
  await insertSummary(store, project, 'a', 'loss', { last: 1 })
  await insertSummary(store, project, 'd', 'loss', { last: 2 })
})
after(() => store.close())

const document = `query ($project: String!, $filter: RunFilter, $sort: RunSort, $first: Int, $after: String) {
  runs(project: $project, filter: $filter, sort: $sort, first: $first, after: $after) {
    totalCount edges { cursor node { run } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`

const acc = { name: 'acc' }
const filters: { finds: string; by: string; filter: object }[] = [
  { by: 'nothing', filter: {}, finds: 'abcde' },
  { by: 'state, by its newest row', filter: { state: ['FAILED'] }, finds: 'c' },
  { by: 'any of two states', filter: { state: ['FINISHED', 'RUNNING'] }, finds: 'abe' },
  { by: 'no state at all', filter: { state: [] }, finds: '' },
  { by: 'name', filter: { name: { is: 'beta' } }, finds: 'b' },
  { by: 'part of a name, upper and lower case apart', filter: { name: { contains: 'lpha' } }, finds: 'ae' },
  { by: 'begin of a name', filter: { name: { startsWith: 'a' } }, finds: 'a' },
  { by: 'run ids', filter: { run: { in: ['a', 'd', 'z'] } }, finds: 'ad' },
  { by: 'time', filter: { created: { from: 2000, before: '1970-01-01T00:00:04Z' } }, finds: 'bc' },
  { by: 'a numeric param', filter: { param: { name: 'lr', number: { greater: 0.05 } } }, finds: 'ad' },
  {
    by: 'a numeric param that is one of several',
    filter: { param: { name: 'lr', number: { in: [0.01, 7] } } },
    finds: 'b',
  },
  { by: 'a boolean param', filter: { param: { name: 'big', number: { is: 1 } } }, finds: 'a' },
  {
    by: 'the text of a param, numbers as written',
    filter: { param: { name: 'lr', text: { is: '0.1' } } },
    finds: 'acd',
  },
  { by: 'a param that is there', filter: { param: { name: 'opt', exists: true } }, finds: 'abe' },
  { by: 'a param that is not there', filter: { param: { name: 'opt', exists: false } }, finds: 'cd' },
  { by: 'a param that only an old row had', filter: { param: { name: 'old', exists: true } }, finds: '' },
  { by: 'a tag with a quote and a backslash', filter: { tag: { name: 'team', text: { is: "o'neil\\" } } }, finds: 'b' },
  { by: 'a tag that is not there', filter: { tag: { name: 'team', exists: false } }, finds: 'ade' },
  { by: 'the last value of a metric', filter: { metric: { ...acc, number: { greaterOrEqual: 0.5 } } }, finds: 'acd' },
  {
    by: 'the highest value of a metric',
    filter: { metric: { ...acc, field: 'MAX', number: { greater: 0.6 } } },
    finds: 'ab',
  },
  { by: 'a metric that is there', filter: { metric: { ...acc, exists: true } }, finds: 'abcd' },
  { by: 'a figure that is not there', filter: { metric: { ...acc, field: 'MAX', exists: false } }, finds: 'ce' },
  {
    by: 'non-finite points',
    filter: { metric: { ...acc, field: 'NON_FINITE_COUNT', number: { greater: 0 } } },
    finds: 'b',
  },
  {
    by: 'two metrics',
    filter: { metric: { ...acc, number: { less: 1 } }, and: [{ metric: { name: 'loss', number: { less: 2 } } }] },
    finds: 'a',
  },
  {
    by: 'an expression over metrics',
    filter: { expression: { text: 'acc - loss', number: { less: -0.5 } } },
    finds: 'd',
  },
  { by: 'an expression that is there', filter: { expression: { text: 'acc - loss', exists: true } }, finds: 'ad' },
  {
    by: 'an expression that is not there',
    filter: { expression: { text: 'acc - loss', exists: false } },
    finds: 'bce',
  },
  {
    by: 'an expression over the highest values',
    filter: { expression: { text: 'acc + acc', field: 'MAX', number: { greaterOrEqual: 1.4 } } },
    finds: 'ab',
  },
  { by: 'an expression that is NaN', filter: { expression: { text: 'acc - acc', number: { is: 0 } } }, finds: 'ad' },
  { by: 'not', filter: { not: { param: { name: 'lr', number: { greater: 0.05 } } } }, finds: 'bce' },
  {
    by: 'or of and',
    filter: { or: [{ and: [{ state: ['RUNNING'] }, { name: { is: 'beta' } }] }, { run: { is: 'd' } }] },
    finds: 'bd',
  },
  { by: 'or of nothing', filter: { or: [] }, finds: '' },
  { by: 'text that would be SQL', filter: { name: { is: "' OR 1=1 --" } }, finds: '' },
  {
    by: 'text with braces, tabs and nothing',
    filter: { tag: { name: '{p0:String}\t\0', exists: false } },
    finds: 'abcde',
  },
]
for (const { by, filter, finds } of filters) {
  test(`runs are found by ${by}`, async () => {
    const answer = await ask(document, { project, filter, sort: { by: { field: 'RUN' } } })
    assert.deepEqual(answer.errors, [])
    assert.equal(runsOf(answer), finds)
    assert.equal(answer.data.runs.totalCount, finds.length)
  })
}

const sorts: { by: string; key: object; ascending: string; descending: string }[] = [
  { by: 'creation, then id', key: { field: 'CREATED' }, ascending: 'abcde', descending: 'edcba' },
  { by: 'name, the nameless first', key: { field: 'NAME' }, ascending: 'deabc', descending: 'cbaed' },
  { by: 'a numeric param, those without last', key: { param: 'lr' }, ascending: 'badce', descending: 'dabec' },
  { by: 'the text of a param', key: { paramText: 'opt' }, ascending: 'aebcd', descending: 'beadc' },
  { by: 'a tag', key: { tag: 'team' }, ascending: 'bcade', descending: 'cbeda' },
  { by: 'a metric, NaN behind all numbers', key: { metric: acc }, ascending: 'dacbe', descending: 'cadbe' },
  {
    by: 'a figure that not all have',
    key: { metric: { ...acc, field: 'MIN' } },
    ascending: 'bdace',
    descending: 'adbec',
  },
  {
    by: 'an expression, those without one of its metrics last',
    key: { expression: { text: 'acc - loss' } },
    ascending: 'dabce',
    descending: 'adecb',
  },
  {
    by: 'an expression of ties and NaN',
    key: { expression: { text: 'acc * 0' } },
    ascending: 'adbce',
    descending: 'dacbe',
  },
  { by: 'a logarithm', key: { expression: { text: 'log(acc)' } }, ascending: 'dacbe', descending: 'cadbe' },
]
for (const { by, key, ascending, descending } of sorts) {
  for (const [direction, expected] of [
    ['ASCENDING', ascending],
    ['DESCENDING', descending],
  ] as const) {
    test(`runs are sorted by ${by}, ${direction}, the same whole and in pages of two`, async () => {
      const sort = { by: key, direction }
      assert.equal(runsOf(await ask(document, { project, sort })), expected)
      let paged = ''
      let after: string | undefined
      for (let page = 0; page < 3; page++) {
        const answer = await ask(document, { project, sort, first: 2, after })
        assert.deepEqual(answer.errors, [])
        const { pageInfo } = answer.data.runs
        assert.deepEqual([pageInfo.hasNextPage, pageInfo.hasPreviousPage], [page < 2, page > 0])
        paged += runsOf(answer)
        after = pageInfo.endCursor
      }
      assert.equal(paged, expected)
    })
  }
}

test('a cursor of another sort is refused', async () => {
  const first = await ask(document, { project, sort: { by: { field: 'NAME' } }, first: 1 })
  const after = first.data.runs.pageInfo.endCursor
  const answer = await ask(document, { project, sort: { by: { field: 'RUN' } }, after })
  assert.equal(answer.errors[0]!.extensions.code, 'BAD_CURSOR')
})

test('an expression that cannot be read, or is over what no summary has, is refused', async () => {
  const rows = [
    [{ text: 'acc -' }, 'BAD_EXPRESSION'],
    [{ text: '1 + 2' }, 'BAD_EXPRESSION'],
    [{ text: 'acc - loss', field: 'MEAN_OF_LAST' }, 'BAD_INPUT'],
    [{ text: Array.from({ length: 9 }, (_, i) => `m${i}`).join('+') }, 'BAD_EXPRESSION'],
  ] as const
  for (const [expression, code] of rows) {
    for (const input of [{ sort: { by: { expression } } }, { filter: { expression } }]) {
      const answer = await ask(document, { project, ...input })
      assert.equal(answer.errors[0]?.extensions.code, code, JSON.stringify(input))
    }
  }
  const both = { filter: { metric: { name: 'other' } }, sort: { by: { expression: { text: 'a+b+c+d+e+f+g+h' } } } }
  assert.match((await ask(document, { project, ...both })).errors[0]!.message, /more than 8 different metrics/)
})

test('a run shows its newest row, with the types of its params, and the newest summaries', async () => {
  const answer =
    await ask(`{ run(project: "p", run: "a") { project run name state created params tags points metricCount
    metrics { name count last min max maxStep nan firstNonFiniteStep } } none: run(project: "p", run: "z") { run } }`)
  assert.deepEqual(answer.errors, [])
  assert.deepEqual(answer.data, {
    run: {
      ...{ project: 'p', run: 'a', name: 'alpha', state: 'FINISHED', created: '1970-01-01T00:00:01.000Z' },
      ...{ params: { lr: 0.1, opt: 'adam', big: true }, tags: {}, points: 0, metricCount: 0 },
      metrics: [
        { name: 'acc', count: 10, last: 0.9, min: 0.9, max: 0.95, maxStep: 2, nan: 0, firstNonFiniteStep: null },
        { name: 'loss', count: 1, last: 1, min: 1, max: 1, maxStep: 2, nan: 0, firstNonFiniteStep: null },
      ],
    },
    none: null,
  })
})

test('values that are not finite come as texts, absent extremes as null', async () => {
  const answer = await ask(`{ b: run(project: "p", run: "b") { metrics { last nan firstNonFiniteStep } }
    c: run(project: "p", run: "c") { metrics { last min minStep max maxStep } } }`)
  assert.deepEqual(answer.data.b.metrics, [{ last: 'NaN', nan: 3, firstNonFiniteStep: 7 }])
  assert.deepEqual(answer.data.c.metrics, [{ last: 'Infinity', min: null, minStep: null, max: null, maxStep: null }])
})

test('metrics of a run are chosen by name and begin, and paged by name', async () => {
  const answer = await ask(`{ run(project: "p", run: "a") { named: metrics(names: ["loss", "zz"]) { name }
    begun: metrics(startsWith: "a") { name } later: metrics(after: "acc") { name } one: metrics(first: 1) { name }
    none: metrics(names: []) { name } } }`)
  const shown = Object.values(answer.data.run as Record<string, { name: string }[]>).map((list) =>
    list.map((m) => m.name).join(),
  )
  assert.deepEqual(shown, ['loss', 'acc', 'loss', 'acc', ''])
})

test('metrics, totals and curves of all runs of a page are one question each', async () => {
  let questions = 0
  const columns = (...args: Parameters<typeof store.reader.columns>) => {
    questions++
    return store.reader.columns(...args)
  }
  const counting = createAsker({ ...store.reader, columns })
  // That the project is small is found out first, and remembered.
  await counting.ask('{ runs(project: "p") { totalCount } }')
  questions = 0
  const answer = await counting.ask(
    `{ runs(project: "p") { nodes { metrics { name } points metricCount series(metrics: ["x"]) { steps } } } }`,
  )
  assert.deepEqual(answer.errors, [])
  assert.equal(answer.data.runs.nodes.length, 5)
  // The page; summaries; totals; extents of the curves.
  assert.equal(questions, 4)
})

test('projects are listed with their runs and last activity, paged by name', async () => {
  const question =
    'query ($after: String) { projects(first: 1, after: $after) { nodes { name runCount lastActivity } pageInfo { hasNextPage endCursor } } }'
  const first = (await ask(question)).data.projects
  assert.deepEqual(first.nodes, [{ name: 'other', runCount: 1, lastActivity: '1970-01-01T00:00:00.000Z' }])
  const second = (await ask(question, { after: first.pageInfo.endCursor })).data.projects
  assert.deepEqual(second.nodes, [{ name: 'p', runCount: 5, lastActivity: '1970-01-01T00:00:04.000Z' }])
  assert.deepEqual([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage], [true, false])
})

test('an answer waits for summaries only where it shows or uses them', async () => {
  const watermark = createTestWatermark()
  const waiting = createAsker(store.reader, { watermark })
  await waiting.ask('{ runs(project: "p", at: "plain") { nodes { run params } } }')
  await waiting.ask('{ runs(project: "p", at: "sorted", sort: { by: { metric: { name: "acc" } } }) { nodes { run } } }')
  await waiting.ask('{ run(project: "p", run: "a", at: "shown") { metrics { name } } }')
  assert.deepEqual(watermark.asked, ['plain', 'sorted+summaries', 'shown', 'shown+summaries'])
})

// biome-ignore lint/suspicious/noExplicitAny: an answer as it came.
const runsOf = (answer: { data: any }): string => answer.data.runs.edges.map((e: any) => e.node.run).join('')
