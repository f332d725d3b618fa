import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { createAsker, insertRuns, insertSummaries, openTestStore, type TestStore } from './fixture.ts'

let store: TestStore
let ask: ReturnType<typeof createAsker>['ask']
before(async () => {
  store = await openTestStore()
  ask = createAsker(store.reader).ask
  await insertRuns(store, 'p', [{ run: 'a', params: { lr: 9 }, version: 1 }])
  await insertRuns(store, 'p', [
    {
      run: 'a',
      state: 'finished',
      params: { lr: 0.1, opt: 'adam', deep: true, seed: 1 },
      tags: { team: 'x' },
      version: 2,
    },
    { run: 'b', state: 'finished', params: { lr: '0.1', opt: 'adam', deep: true }, tags: { team: 'x' } },
    { run: 'c', state: 'finished', params: { lr: 0.1, opt: 'adam', deep: true }, tags: { team: 'y' } },
  ])
  await insertSummaries(store, 'p', [
    { run: 'a', metric: 'loss', last: 1, max: 3 },
    { run: 'b', metric: 'loss', last: Number.NaN, min: 1, max: 3 },
  ])
})
after(() => store.close())

const document = `query ($runs: [String!]!, $metrics: [MetricSortKey!], $first: Int) {
  compareRuns(project: "p", runs: $runs, metrics: $metrics, first: $first) {
    runs differing { kind name values distinct } differingCount equal { kind name value } equalCount } }`

test('runs are compared by params with their types, tags and figures; absent ones are shown, equal ones once', async () => {
  const metrics = [{ name: 'loss' }, { name: 'loss', field: 'MAX' }, { name: 'none' }]
  const answer = await ask(document, { runs: ['b', 'a', 'c', 'a'], metrics })
  assert.deepEqual(answer.errors, [])
  assert.deepEqual(answer.data.compareRuns, {
    runs: ['b', 'a', 'c'],
    differing: [
      { kind: 'PARAM', name: 'lr', values: ['0.1', 0.1, 0.1], distinct: 2 },
      { kind: 'PARAM', name: 'seed', values: [null, 1, null], distinct: 2 },
      { kind: 'TAG', name: 'team', values: ['x', 'x', 'y'], distinct: 2 },
      { kind: 'METRIC', name: 'loss LAST', values: ['NaN', 1, null], distinct: 3 },
      { kind: 'METRIC', name: 'loss MAX', values: [3, 3, null], distinct: 2 },
    ],
    differingCount: 5,
    equal: [
      { kind: 'STATE', name: 'state', value: 'FINISHED' },
      { kind: 'PARAM', name: 'deep', value: true },
      { kind: 'PARAM', name: 'opt', value: 'adam' },
      { kind: 'METRIC', name: 'none LAST', value: null },
    ],
    equalCount: 4,
  })
})

test('lists are cut at `first` and counted whole; what cannot be compared is refused by name', async () => {
  const cut = await ask(document, { runs: ['a', 'b'], first: 1 })
  const { differing, differingCount, equal, equalCount } = cut.data.compareRuns
  assert.deepEqual([differing.length, differingCount, equal.length, equalCount], [1, 2, 1, 4])
  const codes: [variables: object, code: string][] = [
    [{ runs: ['a', 'zz'] }, 'UNKNOWN_RUN'],
    [{ runs: [] }, 'BAD_INPUT'],
    [{ runs: Array.from({ length: 501 }, (_, i) => `r${i}`) }, 'BAD_INPUT'],
    [{ runs: ['a'], metrics: [{ name: 'loss', field: 'MEAN_OF_LAST', points: 2 }] }, 'BAD_INPUT'],
  ]
  for (const [variables, code] of codes) {
    assert.equal(
      (await ask(document, variables)).errors[0]?.extensions.code,
      code,
      JSON.stringify(variables).slice(0, 99),
    )
  }
})

test('facets say which values there are, how many more, and the range of numbers', async () => {
  const answer = await ask(
    '{ facets(project: "p", of: [{ param: "lr" }, { tag: "team" }], first: 1) { name runs missing distinct values { text runs } moreValues moreRuns numbers { runs nonFinite min max binCounts } } }',
  )
  assert.deepEqual(answer.data.facets, [
    {
      ...{
        name: 'lr',
        runs: 3,
        missing: 0,
        distinct: 1,
        values: [{ text: '0.1', runs: 3 }],
        moreValues: 0,
        moreRuns: 0,
      },
      numbers: { runs: 2, nonFinite: 0, min: 0.1, max: 0.1, binCounts: [2] },
    },
    {
      ...{
        name: 'team',
        runs: 3,
        missing: 0,
        distinct: 2,
        values: [{ text: 'x', runs: 2 }],
        moreValues: 1,
        moreRuns: 1,
      },
      numbers: null,
    },
  ])
})
