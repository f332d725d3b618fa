import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { tableFromIPC } from 'apache-arrow'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { createLogger } from '../../telemetry/logger.ts'
import {
  createTestWatermark,
  insertPoints,
  insertRuns,
  insertSummary,
  openTestStore,
  type TestStore,
} from '../fixture.ts'
import { createExports, type ExportAnswer } from './exports.ts'

let store: TestStore
let exports: ReturnType<typeof createExports>
const values = [1.5, Number.NaN, Infinity, -Infinity, -0, 5e-324, 1e308]
before(async () => {
  store = await openTestStore()
  await insertRuns(store, 'p', [{ run: 'a', state: 'finished' }, { run: 'b' }])
  for (const run of ['a', 'b']) {
    const points = values.map((value, step) => ({ step, value, ord: step + 1 }))
    await insertPoints(store, 'p', run, 'm', [{ step: 3, value: 42, ord: 0 }, ...points])
    await insertSummary(store, 'p', run, 'm', { last: 1 })
  }
  exports = createExports({
    streamer: store.streamer,
    watermark: createTestWatermark(),
    logger: createLogger('silent'),
    watermarkTimeoutMs: 500,
  })
})
after(() => store.close())

const get = (query: string, signal = new AbortController().signal) =>
  exports.handle({ method: 'GET', query, headers: new Map(), body: new Uint8Array(0), signal })

async function bytesOf({ body }: ExportAnswer): Promise<ArrayBuffer> {
  assert.ok(body instanceof ReadableStream)
  return await new Response(body).arrayBuffer()
}

type Row = { run: string; metric: string; step: number; bits: bigint }
const bitsOf = (value: number) => new BigUint64Array(new Float64Array([value]).buffer)[0]!

async function rowsOf(query: string): Promise<Row[]> {
  const answer = await get(query)
  assert.equal(answer.status, 200, typeof answer.body === 'string' ? answer.body : '')
  const bytes = await bytesOf(answer)
  const rows = query.includes('format=arrow')
    ? tableFromIPC(new Uint8Array(bytes))
        .toArray()
        .map((row) => row.toJSON())
    : await parquetReadObjects({ file: bytes, compressors })
  return rows.map(({ run, metric, step, value }) => ({
    run: String(run),
    metric: String(metric),
    step: Number(step),
    bits: bitsOf(value as number),
  }))
}

for (const format of ['arrow', 'parquet']) {
  test(`every standing point comes back bit by bit (${format})`, async () => {
    const rows = await rowsOf(`project=p&format=${format}`)
    assert.deepEqual([...new Set(rows.map(({ run }) => run))].sort(), ['a', 'b'])
    for (const run of ['a', 'b']) {
      const expected = values.map((value, step) => ({ run, metric: 'm', step, bits: bitsOf(value) }))
      assert.deepEqual(
        rows.filter((row) => row.run === run),
        expected,
      )
    }
  })
}

test('which of several points of a step, a filter, metrics and steps are a choice', async () => {
  const bitsAt3 = async (superseded: string) =>
    (await rowsOf(`project=p&superseded=${superseded}&filter={"run":{"is":"a"}}&metrics=m&fromStep=3&toStep=3`)).map(
      ({ bits }) => bits,
    )
  assert.deepEqual(await bitsAt3('last'), [bitsOf(-Infinity)])
  assert.deepEqual(await bitsAt3('first'), [bitsOf(42)])
  assert.deepEqual(await bitsAt3('all'), [bitsOf(42), bitsOf(-Infinity)])
  assert.deepEqual(await rowsOf('project=p&metrics=none'), [])
  assert.deepEqual((await rowsOf('project=p&format=arrow&filter={"state":["FINISHED"]}')).length, values.length)
})

test('a third export is refused, and a client that goes away makes room', async () => {
  const gone = [new AbortController(), new AbortController()]
  for (const { signal } of gone) assert.equal((await get('project=p', signal)).status, 200)
  const refused = await get('project=p')
  assert.equal(refused.status, 503)
  assert.match(String(refused.body), /BUSY/)
  for (const controller of gone) controller.abort()
  assert.equal((await rowsOf('project=p')).length, 2 * values.length)
})

const bad = [
  '',
  'project=p&format=csv',
  'project=p&filter={',
  'project=p&filter={"no":1}',
  'project=p&fromStep=x',
  'project=p&superseded=some',
  'project=p&x=1',
]
for (const query of bad) {
  test(`refused by name: ${query}`, async () => {
    const { status, body } = await get(query)
    assert.equal(status, 400)
    assert.match(String(body), /BAD_INPUT/)
  })
}
