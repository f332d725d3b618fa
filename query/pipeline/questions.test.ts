import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { packageFile } from '../../schema/files.ts'
import { metricKey, runKey } from '../../schema/keys.ts'
import { limits } from '../../schema/limits.ts'
import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { encodedSql } from '../../schema/value-codes-sql.ts'
import { createAsker, insertRuns, openTestStore, type TestStore } from '../fixture.ts'
import { createBudget } from './budget.ts'
import { loadPipeline } from './load.ts'
import { insertLogged, type Logged } from './pipeline.fixture.ts'
import { everything, type PipelineQuestion } from './question.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

const question = (fields: string) => `query ($in: SeriesInput!) { series(input: $in) { ${fields} } }`
const began = 1_700_000_000_000
const length = 6000
const spikeStep = 4300

/** Two metrics of one run, `loss` flat but for one point, and the fraction of the epochs that are done. */
async function insertCurves(project: string): Promise<void> {
  await insertRuns(store, project, [{ run: 'r' }])
  const logged = (metric: string, valueAt: (step: number) => number) =>
    Array.from({ length }, (_, step) => {
      const point: Logged = { step, value: valueAt(step), ord: step + 1, time: began + step * 100 }
      return { metric, point }
    })
  await insertLogged(store, project, 'r', [
    ...logged('loss', (step) => (step === spikeStep ? 99 : 0.5)),
    ...logged('epoch', (step) => step / 1000),
  ])
}

/** More points than are tried in one go. */
async function insertLong(project: string): Promise<void> {
  await insertRuns(store, project, [{ run: 'r' }])
  const keys = `${runKey(project, 'r')}, ${metricKey('loss')}`
  await store.command(
    `INSERT INTO points SELECT ${keys}, number, fromUnixTimestamp64Milli(toInt64(${began} + number)), ${encodedSql('toFloat64(number)')}, number FROM numbers(70000)`,
  )
}

test('a spike of one point is in M4 on every axis, also of an expression; where it is not, the receipt says so', async () => {
  await insertCurves('spikes')
  const { ask } = createAsker(store.reader)
  const input = { project: 'spikes', runs: ['r'], metrics: ['loss'], expressions: ['loss * 2 - loss'], buckets: 20 }
  const axes = [{ x: 'STEP' }, { x: 'RELATIVE_TIME' }, { x: 'WALL_TIME' }, { x: 'METRIC', xMetric: 'epoch' }]
  const places = [spikeStep, spikeStep * 100, began + spikeStep * 100, spikeStep / 1000]
  for (const [i, axis] of axes.entries()) {
    const answer = await ask(question('steps x values receipt { exact extremesLeftOut }'), {
      in: { ...input, ...axis },
    })
    for (const { steps, x, values, receipt } of answer.data.series) {
      const at = values.indexOf(99)
      assert.deepEqual([steps[at], x[at]], [spikeStep, places[i]])
      assert.deepEqual(receipt, { exact: false, extremesLeftOut: 0 })
    }
    const last = await ask(question('values receipt { extremesLeftOut }'), {
      in: { ...input, ...axis, reduction: 'LAST' },
    })
    for (const { values, receipt } of last.data.series) {
      assert.ok(!values.includes(99))
      assert.equal(receipt.extremesLeftOut, 1)
    }
  }
})

test('times of a curve that the store reduced are those of its points, whichever of a step counts', async () => {
  await insertRuns(store, 'times', [{ run: 'r' }])
  const points = Array.from({ length: 3000 }, (_, i) => {
    const step = i % 2500
    return { step, value: Math.sin(i) * (i > 2500 ? 2 : 1), ord: i + 1, time: began + i * 7 }
  })
  await insertLogged(
    store,
    'times',
    'r',
    points.map((point) => ({ metric: 'm', point })),
  )
  const { ask } = createAsker(store.reader)
  for (const repeated of ['LAST', 'FIRST', 'ALL']) {
    const input = { project: 'times', runs: ['r'], metrics: ['m'], buckets: 50, repeated }
    const answer = await ask(question('steps values times receipt { exact }'), { in: input })
    const [{ steps, values, times, receipt }] = answer.data.series
    assert.equal(receipt.exact, false)
    assert.ok(steps.length > 100)
    for (const [i, step] of steps.entries()) {
      const point = points.find((p) => p.step === step && p.value === values[i])
      assert.equal(times[i], point?.time, `${repeated}, step ${step}`)
    }
  }
})

test('what cannot be drawn is refused by name', async () => {
  const { ask } = createAsker(store.reader)
  const rows: readonly (readonly [Record<string, unknown>, string, RegExp])[] = [
    [{ x: 'METRIC' }, 'BAD_INPUT', /go together/],
    [{ xMetric: 'epoch' }, 'BAD_INPUT', /go together/],
    [{ fromX: 1 }, 'BAD_INPUT', /need x: METRIC/],
    [{ fromTime: 2, toTime: 1 }, 'BAD_INPUT', /fromTime is 2, after toTime, which is 1/],
    [{ fromRelative: 2, toRelative: 1 }, 'BAD_INPUT', /fromRelative/],
    [{ first: 10 }, 'BAD_INPUT', /for the pages of reduction: RAW/],
    [{ reduction: 'RAW', first: 50_001 }, 'BAD_INPUT', /from 1 to 50000/],
    [{ reduction: 'RAW', after: 'x' }, 'BAD_CURSOR', /cursor/],
    [{ reduction: 'RAW', after: 'x', metrics: ['a', 'b'] }, 'BAD_INPUT', /one run and one metric/],
    [{ smoothing: { halfLife: 0 } }, 'BAD_INPUT', /halfLife is 0/],
    [{ smoothing: { points: 0 } }, 'BAD_INPUT', /points is 0/],
    [{ smoothing: { width: -1 } }, 'BAD_INPUT', /width is -1/],
    [{ smoothing: { width: 1, points: 1 } }, 'BAD_INPUT', /exactly one|must specify/i],
    [{ expressions: ['loss +'] }, 'BAD_EXPRESSION', /character 7/],
    [{ expressions: Array(500).fill('loss * 2') }, 'TOO_MANY_SERIES', /501 series/],
    [{ reduction: 'RAW', first: 50_000, expressions: Array(49).fill('loss') }, 'TOO_COSTLY', /2500000/],
  ]
  for (const [drawing, code, message] of rows) {
    const answer = await ask(question('steps'), {
      in: { project: 'refused', runs: ['r'], metrics: ['loss'], ...drawing },
    })
    assert.equal(answer.errors[0]?.extensions.code, code, JSON.stringify(drawing))
    assert.match(answer.errors[0]!.message, message)
  }
})

/** A store of one series that is as long as it says. */
const readerOf = (points: number, onColumns: (sql: string) => void = () => {}) => ({
  ...store.reader,
  columns: async (...args: Parameters<typeof store.reader.columns>) => {
    onColumns(args[0])
    const answer = await store.reader.columns(...args)
    const counts = answer.columns.get('points')
    if (counts === undefined) return answer
    return {
      ...answer,
      columns: new Map([...answer.columns, ['points', new BigUint64Array(answer.rows).fill(BigInt(points))]]),
    }
  },
})

const asked = (project: string): PipelineQuestion => ({
  ...{ project, runs: ['r'], times: false },
  targets: [{ name: 'loss', metrics: ['loss'], expression: undefined }],
  drawing: {
    ...{ axis: 'WALL_TIME', xMetric: undefined, steps: { from: -limits.stepMagnitude, to: limits.stepMagnitude } },
    ...{ time: everything, relative: everything, x: everything, repeated: 'LAST', reduction: 'M4' },
    ...{ smoothing: undefined, buckets: 100, pagePoints: 0, after: undefined },
  },
})
const readingOf = (reader: StoreReader, readOptions: ReadOptions = {}) => ({
  reader,
  readOptions,
  budget: createBudget(),
})
const tinyPages = { pagePoints: 50, pointsTried: 10 }

test('too many points are refused before any page of them is read', async () => {
  await insertCurves('costly')
  const asks: string[] = []
  const reader = readerOf(limits.pointsReadPerQuestion + 1, (sql) => asks.push(sql))
  await assert.rejects(
    loadPipeline(readingOf(reader), asked('costly'), tinyPages),
    /25000001 points, and at most 25000000/,
  )
  assert.equal(asks.filter((sql) => sql.includes('code AS codes')).length, 1, 'only the try, of at most 11 points')
})

test('what the fields of one request have read counts together', async () => {
  await insertLong('together')
  const reader = readerOf(0.6 * limits.pointsReadPerQuestion)
  const alias = (name: string) =>
    `${name}: series(input: {project: "together", runs: ["r"], metrics: ["loss"], x: WALL_TIME}) { steps }`
  const { errors } = await createAsker(reader).ask(`{ ${alias('a')} ${alias('b')} }`)
  assert.deepEqual(
    errors.map(({ extensions }) => extensions.code),
    ['TOO_COSTLY'],
  )
  assert.match(errors[0]!.message, /from 30000000 points/)
})

test('the store goes through no more points than it may to find where curves lie', async () => {
  await insertLong('through')
  const reader: StoreReader = {
    ...store.reader,
    columns: (sql, parameters, options) =>
      store.reader.columns(sql, parameters, options?.rowsToRead ? { ...options, rowsToRead: 100 } : options),
  }
  const { ask } = createAsker(reader)
  const input = { project: 'through', runs: ['r'], metrics: ['loss'] }
  for (const drawing of [{ x: 'WALL_TIME' }, { x: 'RELATIVE_TIME' }, { fromTime: began + 1000 }]) {
    const { errors } = await ask(question('steps'), { in: { ...input, ...drawing } })
    assert.equal(errors[0]?.extensions.code, 'TOO_COSTLY', JSON.stringify(drawing))
    assert.match(errors[0]!.message, /gone through/)
  }
})

test('an aborted request stops reading, and so does one that has run out of time', async () => {
  await insertCurves('aborted')
  const abort = new AbortController()
  let pages = 0
  const reader = readerOf(length, () => {
    if (++pages === 20) abort.abort()
  })
  await assert.rejects(loadPipeline(readingOf(reader, { signal: abort.signal }), asked('aborted'), tinyPages), {
    name: 'AbortError',
  })
  assert.ok(pages < 25, `${pages} questions were asked`)
  await assert.rejects(loadPipeline(readingOf(readerOf(length), { timeoutMs: 30 }), asked('aborted'), tinyPages), {
    kind: 'timeout',
  })
})

test('many short series are one question, and a page of runs draws its curves together', async () => {
  const runs = Array.from({ length: 40 }, (_, i) => ({ run: `r${i}` }))
  await insertRuns(store, 'many', runs)
  for (const { run } of runs) {
    const point: Logged = { step: 1, value: 2, ord: 1, time: began }
    await insertLogged(store, 'many', run, [
      { metric: 'a', point },
      { metric: 'b', point: { ...point, value: 3 } },
    ])
  }
  let questions = 0
  const { ask } = createAsker(
    readerOf(0, (sql) => {
      if (sql.includes('FROM points')) questions++
    }),
  )
  const input = {
    project: 'many',
    runs: runs.map(({ run }) => run),
    expressions: ['a / b'],
    smoothing: { halfLife: 3 },
  }
  const answer = await ask(question('values'), { in: input })
  assert.deepEqual(
    answer.data.series,
    runs.map(() => ({ values: [2 / 3] })),
  )
  assert.equal(questions, 1)
  const page = `{ runs(project: "many") { nodes { series(expressions: ["a / b"], x: RELATIVE_TIME) { x values receipt { axis origin } } } } }`
  questions = 0
  const listed = await ask(page)
  assert.deepEqual(listed.errors, [])
  const origin = new Date(began).toISOString()
  const one = { x: [0], values: [2 / 3], receipt: { axis: 'RELATIVE_TIME', origin } }
  assert.deepEqual(
    listed.data.runs.nodes,
    runs.map(() => ({ series: [one] })),
  )
  assert.equal(questions, 2, 'when the runs began, and the points')
})

test("the README's questions about curves are answered", async () => {
  const chapter = readFileSync(packageFile('README.md'), 'utf8')
    .split(/^### Curves$/m)[1]!
    .split(/^##/m)[0]!
  const documents = [...chapter.matchAll(/```graphql\n([\s\S]*?)```/g)].map(([, text]) => text!)
  await insertRuns(store, 'digits', [{ run: 'a' }, { run: 'b' }])
  const point = (metric: string, step: number, value: number) => {
    return { metric, point: { step, value, ord: step, time: began + step * 1000 } }
  }
  const points = [1, 2].flatMap((step) => [point('train/loss', step, 1), point('val/loss', step, 1 + step)])
  await insertLogged(store, 'digits', 'a', points)
  const { ask } = createAsker(store.reader)
  const [smoothed, pages] = await Promise.all(documents.map((document) => ask(document)))
  assert.deepEqual([smoothed!.errors, pages!.errors], [[], []])
  const weight = 2 ** (-1000 / 60_000)
  const [{ x, values, times }, empty] = smoothed!.data.series
  assert.deepEqual(
    [x, times],
    [
      [0, 1000],
      [began + 1000, began + 2000],
    ],
  )
  assert.ok(Math.abs(values[1] - (weight + 2) / (weight + 1)) < 1e-12 && values[0] === 1)
  assert.deepEqual(empty.values, [])
  assert.deepEqual(pages!.data.series[0].values, [1, 1])
})
