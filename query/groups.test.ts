import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { limits } from '../schema/limits.ts'
import type { StoreReader } from '../schema/store.ts'
import {
  createAsker,
  createTestWatermark,
  insertPoints,
  insertRuns,
  insertSummary,
  openTestStore,
  type TestStore,
} from './fixture.ts'
import { fuzzGroups } from './groups.fuzz.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
  const runs = Array.from({ length: 6 }, (_, i) => ({
    run: `r${i}`,
    params: { lr: i < 4 ? 0.1 : '0.2' },
    tags: i === 0 ? { team: 'a' } : {},
  }))
  await insertRuns(store, 'p', runs)
  // Run i has the value i at its steps 0 … i, and steps 0 twice.
  for (let i = 0; i < 6; i++) {
    const points = Array.from({ length: i + 1 }, (_, step) => ({ step, value: i, ord: step + 1 }))
    await insertPoints(store, 'p', `r${i}`, 'm', [{ step: 0, value: 99, ord: 0 }, ...points])
  }
})
after(() => store.close())

const question = `query ($in: GroupsInput!) { groups(input: $in) {
  groups { label runs runsWithPoints count steps counts nonFinite mean median standardDeviation min max bands { quantile values } }
  receipt { method exact bucketWidth runsMatched runsWithPoints points superseded otherGroups otherRuns } } }`
const asked = (more: object) => ({ in: { project: 'p', metric: 'm', ...more } })

test('a run that ended does not contribute beyond, and repeated steps count once', async () => {
  const { ask } = createAsker(store.reader)
  const { data, errors } = await ask(question, asked({ quantiles: [0.25] }))
  assert.deepEqual(errors, [])
  const [group] = data.groups.groups
  assert.deepEqual(group.steps, [0, 1, 2, 3, 4, 5])
  assert.deepEqual(group.counts, [6, 5, 4, 3, 2, 1])
  assert.deepEqual(group.mean, [2.5, 3, 3.5, 4, 4.5, 5])
  assert.deepEqual(group.median, [2.5, 3, 3.5, 4, 4.5, 5])
  assert.deepEqual(group.bands, [{ quantile: 0.25, values: [1.25, 2, 2.75, 3.5, 4.25, 5] }])
  assert.deepEqual(group.standardDeviation.at(-1), null)
  assert.deepEqual(data.groups.receipt, {
    ...{ method: 'LAST', exact: true, bucketWidth: 1, runsMatched: 6, runsWithPoints: 6 },
    ...{ points: 27, superseded: 6, otherGroups: 0, otherRuns: 0 },
  })
})

test('groups come by number of runs, and the receipt tells of those left out', async () => {
  const { ask } = createAsker(store.reader)
  const labels = async (more: object) => {
    const { data } = await ask(question, asked(more))
    const { otherGroups, otherRuns } = data.groups.receipt
    return [
      data.groups.groups.map(({ label, runs }: { label: string; runs: number }) => [label, runs]),
      otherGroups,
      otherRuns,
    ]
  }
  assert.deepEqual(await labels({ by: { param: 'lr' } }), [
    [
      ['0.1', 4],
      ['0.2', 2],
    ],
    0,
    0,
  ])
  assert.deepEqual(await labels({ by: { param: 'lr' }, first: 1 }), [[['0.1', 4]], 1, 2])
  assert.deepEqual(await labels({ by: { tag: 'team' } }), [
    [
      [null, 5],
      ['a', 1],
    ],
    0,
    0,
  ])
  assert.deepEqual(await labels({ by: { field: 'STATE' } }), [[['running', 6]], 0, 0])
  assert.deepEqual(await labels({ filter: { run: { is: 'nobody' } } }), [[], 0, 0])
})

test('too much is refused by name before a point is read', async () => {
  await insertRuns(store, 'large', [{ run: 'r' }])
  await insertSummary(store, 'large', 'r', 'm', { last: 1, count: limits.groupPoints + 1 })
  const statements: string[] = []
  const watched: StoreReader = {
    ...store.reader,
    columns(sql, ...rest) {
      statements.push(sql)
      return store.reader.columns(sql, ...rest)
    },
  }
  const { ask } = createAsker(watched)
  const { errors } = await ask(question, { in: { project: 'large', metric: 'm' } })
  assert.equal(errors[0]?.extensions.code, 'TOO_COSTLY')
  assert.match(errors[0].message, /100000001 points/)
  assert.ok(statements.length === 1 && !statements.some((sql) => sql.includes('FROM points')))
})

const untouched = { rows: () => assert.fail('the store was asked'), columns: () => assert.fail('the store was asked') }
const refused: [string, object, string][] = [
  ['a quantile beyond 1', { quantiles: [1.5] }, 'BAD_INPUT'],
  ['too many quantiles', { quantiles: Array(10).fill(0.5) }, 'BAD_INPUT'],
  ['too many groups', { first: 101 }, 'BAD_INPUT'],
  ['no groups', { first: 0 }, 'BAD_INPUT'],
  ['two keys', { by: { param: 'a', tag: 'b' } }, 'BAD_INPUT'],
  ['a range that ends before it begins', { fromStep: 2, toStep: 1 }, 'BAD_INPUT'],
]
for (const [is, more, code] of refused) {
  test(`refused before the store is asked: ${is}`, async () => {
    const { ask } = createAsker(untouched)
    assert.equal((await ask(question, asked(more))).errors[0]?.extensions.code, code)
  })
}

test('what two questions of the largest size would answer is too much for one request', async () => {
  const { ask } = createAsker(untouched)
  const field = (name: string) =>
    `${name}: groups(input: {project: "p", metric: "m", first: 100, buckets: 2000, quantiles: [${Array(9).fill(0.5)}]}) { receipt { points } }`
  const aliases = ['a', 'b', 'c', 'd'].map(field).join(' ')
  assert.equal((await ask(`{ ${aliases} }`)).errors[0]?.extensions.code, 'TOO_COSTLY')
})

test('a question with `at` waits for the summaries, which tell how long the range is', async () => {
  const watermark = createTestWatermark()
  const { ask } = createAsker(store.reader, { watermark })
  await ask(question, asked({ at: 'token' }))
  assert.deepEqual(watermark.asked, ['token+summaries'])
})

test('answers equal brute force over random histories', async () => {
  assert.equal(await fuzzGroups(store, 7, 25), 100)
})
