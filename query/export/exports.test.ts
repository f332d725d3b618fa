/** Exports without a socket, from the embedded store and from one behind ClickHouse's interface: against brute force over what was logged. */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreReader } from '../../schema/store.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { Metrics } from '../../telemetry/metrics.ts'
import { chosenSeed, createRandom, pick, whole } from '../../test/random.ts'
import {
  createAsker,
  createTestWatermark,
  insertPoints,
  insertRuns,
  insertSummaries,
  type LoggedPoint,
  openRemoteTestStore,
  openTestStore,
  type TestStore,
} from '../fixture.ts'
import { groupBy } from '../group-by.ts'
import { bitsOf, decodeExport, type ExportRow, inOrder } from './decode.fixture.ts'
import { createExports, type ExportAnswer, type ExportRequest } from './exports.ts'

const random = createRandom(chosenSeed())
const odd = [1.5, Number.NaN, Infinity, -Infinity, -0, 5e-324, 1e308, 0.1]
const largest = Number.MAX_SAFE_INTEGER
/** What text a statement must never become. */
const canary = `x'"\\\`) OR 1=1 -- {p0:String} 名前 🎈`

type Logged = { run: string; name: string; metric: string; points: LoggedPoint[]; kind: string }

/** Histories in which steps come again, in any order, and stand at the ends of what a step may be. */
function histories(): Logged[] {
  const runs = [
    { run: 'a', name: 'first', kind: 'even' },
    { run: canary, name: canary, kind: 'odd' },
    { run: 'c', name: '', kind: 'even' },
  ]
  let ord = 0
  return runs.flatMap((run) =>
    ['loss', canary, 'e,g'].map((metric) => {
      const steps = Array.from({ length: 60 }, () => pick(random, [-largest, -1, 0, largest, whole(random, 1, 30)]))
      return { ...run, metric, points: steps.map((step) => ({ step, value: pick(random, odd), ord: ++ord })) }
    }),
  )
}

type Which = 'all' | 'last' | 'first'

function expected(logged: readonly Logged[], which: Which, from = -largest, to = largest): ExportRow[] {
  return inOrder(
    logged.flatMap(({ run, name, metric, points }) => {
      const steps = groupBy(
        points.filter(({ step }) => step >= from && step <= to),
        ({ step }) => step,
      )
      return [...steps].flatMap(([step, of]) => {
        const rows = of.map(({ value }, i) => ({
          ...{ project: 'p', run, name, metric, step, timeMs: 0, bits: bitsOf(value) },
          superseded: which === 'all' ? of.length - 1 - i : of.length - 1,
        }))
        return which === 'all' ? rows : [which === 'last' ? rows.at(-1)! : rows[0]!]
      })
    }),
  )
}

const base: ExportRequest = {
  method: 'GET',
  query: '',
  headers: new Map(),
  body: new Uint8Array(0),
  signal: new AbortController().signal,
}
const searchOf = (fields: Record<string, unknown>) =>
  Object.entries(fields)
    .flatMap(([name, value]) => (name === 'metrics' ? (value as string[]).map((one) => [name, one]) : [[name, value]]))
    .map(
      ([name, value]) =>
        `${name}=${encodeURIComponent(typeof value === 'object' ? JSON.stringify(value) : String(value))}`,
    )
    .join('&')

const bodyOf = async ({ status, body }: ExportAnswer): Promise<ArrayBuffer> => {
  assert.equal(status, 200, typeof body === 'string' ? body : '')
  return await new Response(body).arrayBuffer()
}
const codeOf = ({ body }: ExportAnswer) =>
  (JSON.parse(String(body)) as { errors: [{ extensions: { code: string } }] }).errors[0].extensions.code

function exportsOf(
  store: Pick<TestStore, 'reader' | 'streamer'>,
  more: Partial<Parameters<typeof createExports>[0]> = {},
) {
  const metrics = new Metrics()
  const { handle } = createExports({
    ...{ reader: store.reader, streamer: store.streamer, watermark: createTestWatermark(), metrics },
    ...{ logger: createLogger('silent'), watermarkTimeoutMs: 500, lifetimeMs: 60_000, ...more },
  })
  return {
    metrics,
    get: (fields: Record<string, unknown>, request: Partial<ExportRequest> = {}) =>
      handle({ ...base, query: searchOf(fields), ...request }),
    post: (fields: unknown) =>
      handle({
        ...{ ...base, method: 'POST', headers: new Map([['content-type', 'application/json; charset=utf-8']]) },
        body: Buffer.from(JSON.stringify(fields)),
      }),
  }
}

/** Queries that run in the store, by what stands in their text. */
const running = async (store: TestStore, text: string) =>
  (
    await store.reader.rows<{ n: number }>(
      `SELECT toFloat64(count()) AS n FROM system.processes WHERE position(query, {text:String}) > 0 AND position(query, 'system.processes') = 0`,
      { text },
    )
  )[0]!.n

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 10_000
  while (!(await condition())) {
    assert.ok(performance.now() < end, `waited in vain: ${what}`)
    await sleep(5)
  }
}

for (const [shape, open] of [
  ['embedded', () => openTestStore()],
  ['over HTTP', openRemoteTestStore],
] as const) {
  test(`exports, store ${shape}`, async (t) => {
    const store = await open()
    t.after(() => store.close())
    const logged = histories()
    const runs = new Map(logged.map(({ run, name, kind }) => [run, { run, name, params: { kind } }]))
    await insertRuns(store, 'p', [...runs.values()])
    await insertRuns(store, 'other', [{ run: 'a' }])
    await insertPoints(store, 'other', 'a', 'loss', [{ step: 1, value: 1, ord: 1 }])
    for (const { run, metric, points } of logged) await insertPoints(store, 'p', run, metric, points)
    await insertSummaries(
      store,
      'p',
      logged.map(({ run, metric, points }) => ({
        run,
        metric,
        last: run === 'a' ? 1 : 2,
        count: points.length,
        nan: 1,
      })),
    )
    const { get, post, metrics } = exportsOf(store)

    for (const format of ['arrow', 'parquet'] as const) {
      await t.test(`each point as it was logged (${format})`, async () => {
        for (const points of ['all', 'last', 'first'] as const) {
          const rows = await decodeExport(format, await bodyOf(await get({ project: 'p', format, points })))
          assert.deepEqual(inOrder(rows), expected(logged, points), points)
        }
      })

      await t.test(`a series is in order of its steps, and of logging (${format})`, async () => {
        const rows = await decodeExport(format, await bodyOf(await get({ project: 'p', format, points: 'all' })))
        const of = rows.filter(({ run, metric }) => run === canary && metric === canary)
        const points = logged.find(({ run, metric }) => run === canary && metric === canary)!.points
        assert.deepEqual(
          of.map(({ step, bits }) => [step, bits]),
          points.toSorted((a, b) => a.step - b.step || a.ord - b.ord).map(({ step, value }) => [step, bitsOf(value)]),
        )
      })

      await t.test(`nothing is a whole file without rows (${format})`, async () => {
        for (const fields of [
          { project: 'p', metrics: ['none'] },
          { project: 'none' },
          { project: 'p', fromStep: 31, toStep: 99 },
        ])
          assert.deepEqual(await decodeExport(format, await bodyOf(await get({ ...fields, format }))), [])
      })
    }

    await t.test('filters, metrics and steps choose, by address and by body', async () => {
      const of = (passes: (one: Logged) => boolean) => logged.filter(passes)
      const number = { less: 1.5 }
      const table: [fields: Record<string, unknown>, expected: ExportRow[]][] = [
        [
          { filter: { run: { is: canary } } },
          expected(
            of(({ run }) => run === canary),
            'last',
          ),
        ],
        [
          { filter: { param: { name: 'kind', text: { is: 'even' } }, not: { name: { is: 'first' } } } },
          expected(
            of(({ run }) => run === 'c'),
            'last',
          ),
        ],
        [
          { filter: { metric: { name: 'loss', number } } },
          expected(
            of(({ run }) => run === 'a'),
            'last',
          ),
        ],
        [
          { metrics: ['e,g', canary, canary] },
          expected(
            of(({ metric }) => metric !== 'loss'),
            'last',
          ),
        ],
        [{ fromStep: 0, toStep: 12, points: 'first' }, expected(logged, 'first', 0, 12)],
        [{ fromStep: largest }, expected(logged, 'last', largest)],
        [
          { filter: { metric: { name: 'loss', field: 'FIRST_STEP_ABOVE', bound: 1e307 } } },
          expected(
            of(({ run }) =>
              logged.some(
                (one) => one.run === run && one.metric === 'loss' && one.points.some(({ value }) => value > 1e307),
              ),
            ),
            'last',
          ),
        ],
      ]
      for (const [fields, rows] of table) {
        for (const answer of [await get({ project: 'p', ...fields }), await post({ project: 'p', ...fields })])
          assert.deepEqual(inOrder(await decodeExport('parquet', await bodyOf(answer))), rows, JSON.stringify(fields))
      }
    })

    await t.test('the receipt names the moment and the choice; the file counts the rest', async () => {
      const { headers, body } = await get({ project: 'p', points: 'last' })
      assert.deepEqual([headers['stepstream-watermark'], headers['stepstream-points']], ['now', 'last'])
      const rows = await decodeExport('parquet', await new Response(body).arrayBuffer())
      const all = logged.reduce((sum, { points }) => sum + points.length, 0)
      assert.equal(rows.length + rows.reduce((sum, { superseded }) => sum + superseded, 0), all)
    })

    await insertRuns(store, 'big', [{ run: 'r' }])
    await store.command(
      `INSERT INTO points SELECT r.key, 7, number, toDateTime64(number / 10, 3, 'UTC'), reinterpretAsUInt64(randCanonical()), number
       FROM numbers(400000) AS n CROSS JOIN (SELECT key FROM runs WHERE project = 'big') AS r`,
    )
    await store.command(`INSERT INTO series SELECT 'big', 'r', 'm', key, 7, 400000, 0, 399999, toDateTime64(0, 3, 'UTC'), 0, 0, 0, 1, 1, 0, 0, 0, NULL, 0, 1
      FROM runs WHERE project = 'big'`)
    const inExport = 'AS superseded'

    await t.test('a reader that waits holds the export up; when it leaves, the query ends', async () => {
      for (const how of ['cancel', 'abort'] as const) {
        const client = new AbortController()
        const { body } = await get({ project: 'big', format: 'arrow' }, { signal: client.signal })
        assert.ok(body instanceof ReadableStream)
        const reader = body.getReader()
        await reader.read()
        await until(async () => (await running(store, inExport)) > 0, 'the export to run')
        await sleep(100)
        assert.equal(await running(store, inExport), 1, 'it waits for its reader')
        if (how === 'cancel') await reader.cancel()
        else client.abort()
        await until(async () => (await running(store, inExport)) === 0, `the export to end by ${how}`)
      }
      // Its places are free again, and whole answers come.
      for (let i = 0; i < 3; i++) await bodyOf(await get({ project: 'big', toStep: 10 }))
      assert.match(await metrics.text(), /stepstream_exports_under_way 0\n/)
      assert.match(await metrics.text(), /stepstream_exports_total\{end="broken"\} 2\n/)
    })

    await t.test('a client that leaves before the first byte leaves nothing behind', async () => {
      const client = new AbortController()
      const asked = get({ project: 'big' }, { signal: client.signal })
      client.abort()
      const { status } = await asked
      assert.ok(status === 200 || status >= 400)
      await until(async () => (await running(store, inExport)) === 0, 'the export to end')
      assert.match(await metrics.text(), /stepstream_exports_under_way 0\n/)
    })

    await t.test('so many at once; the next is refused by name', async () => {
      const clients = [new AbortController(), new AbortController()]
      for (const { signal } of clients) assert.equal((await get({ project: 'big' }, { signal })).status, 200)
      const refused = await get({ project: 'big' })
      assert.deepEqual([refused.status, codeOf(refused), refused.headers['retry-after']], [503, 'BUSY', '1'])
      for (const client of clients) client.abort()
      await bodyOf(await get({ project: 'big', toStep: 3 }))
    })

    await t.test('an export that takes too long breaks off', async () => {
      // On a busy machine the shortest time may be over before the file has begun: then it is refused instead.
      for (const lifetimeMs of [150, 1_000, 5_000]) {
        const short = exportsOf(store, { lifetimeMs })
        const answer = await short.get({ project: 'big', format: 'arrow' })
        await sleep(lifetimeMs + 50)
        if (answer.status !== 200 && lifetimeMs < 5_000) continue
        await assert.rejects(bodyOf(answer))
        await until(async () => (await running(store, inExport)) === 0, 'the export to end')
        assert.match(await short.metrics.text(), /stepstream_exports_total\{end="broken"\} 1\n/)
        return
      }
    })

    await t.test('what goes wrong in the midst breaks the body, never ends it', async () => {
      // Fails at the last of the rows, long after the first byte.
      const failing = exportsOf({
        reader: store.reader,
        streamer: {
          stream: (sql, ...rest) =>
            store.streamer.stream(
              sql.replace('value, toUInt32', `if(step = 399999, throwIf(1, 'in the midst'), value) AS value, toUInt32`),
              ...rest,
            ),
        },
      })
      for (const format of ['arrow', 'parquet']) {
        const answer = await failing.get({ project: 'big', format })
        assert.equal(answer.status, 200)
        await assert.rejects(bodyOf(answer), /in the midst|broke off|terminated|aborted/)
      }
      assert.match(await failing.metrics.text(), /stepstream_exports_under_way 0\n/)
    })

    await t.test('what goes wrong before the first byte has its name', async () => {
      const fails = (problem: string) =>
        exportsOf({
          reader: store.reader,
          streamer: {
            stream: (sql, ...rest) => store.streamer.stream(sql.replace('value, toUInt32', problem), ...rest),
          },
        }).get({ project: 'p' })
      const memory = await fails('value, arraySum(range(toUInt64(2e8))) AS much, toUInt32')
      assert.deepEqual([memory.status, codeOf(memory)], [503, 'QUERY_MEMORY'])
      const fault = await fails('value, noSuchThing(1), toUInt32')
      assert.deepEqual([fault.status, codeOf(fault)], [500, 'INTERNAL'])
    })

    await t.test('a question whose client goes away ends in the store', async () => {
      // Whatever it asks, the store is asked without end: only a cancelled query stops.
      const endless = 'SELECT max(number) AS x FROM system.numbers'
      const reader: StoreReader = {
        rows: (_, __, options) => store.reader.rows(endless, {}, options),
        columns: (_, __, options) => store.reader.columns(endless, {}, options),
      }
      const { server } = createAsker(reader)
      const client = new AbortController()
      const query = '{ series(input: {project: "p", runs: ["a"], metrics: ["loss"]}) { values } }'
      const asked = server.handle(
        new Request('http://test/graphql', {
          ...{ method: 'POST', signal: client.signal, body: JSON.stringify({ query }) },
          headers: { 'content-type': 'application/json' },
        }),
      )
      await until(async () => (await running(store, 'system.numbers')) > 0, 'the question to run')
      client.abort()
      await asked.catch(() => {})
      await until(async () => (await running(store, 'system.numbers')) === 0, 'the question to end')
    })
  })
}

test('what is not allowed is refused by name, and the store never asked', async () => {
  const asked = () => assert.fail('the store was asked')
  const { get, post } = exportsOf({ reader: { rows: asked, columns: asked }, streamer: { stream: asked } })
  let deep: object = {}
  for (let i = 0; i < 40; i++) deep = { not: deep }
  const table: [fields: Record<string, unknown>, code: string][] = [
    [{}, 'BAD_INPUT'],
    [{ project: '' }, 'BAD_INPUT'],
    [{ project: 'p', format: 'csv' }, 'BAD_INPUT'],
    [{ project: 'p', format: 'constructor' }, 'BAD_INPUT'],
    [{ project: 'p', points: 'some' }, 'BAD_INPUT'],
    [{ project: 'p', filter: '{' }, 'BAD_INPUT'],
    [{ project: 'p', filter: [] }, 'BAD_INPUT'],
    [{ project: 'p', filter: { no: 1 } }, 'BAD_INPUT'],
    [{ project: 'p', filter: { run: { is: 1 } } }, 'BAD_INPUT'],
    [{ project: 'p', filter: { metric: { name: 'm', field: 'MEAN_OF_LAST' } } }, 'BAD_INPUT'],
    [{ project: 'p', filter: deep }, 'TOO_DEEP'],
    [{ project: 'p', filter: { or: Array(101).fill({ state: ['FINISHED'] }) } }, 'BAD_INPUT'],
    [{ project: 'p', fromStep: 'x' }, 'BAD_INPUT'],
    [{ project: 'p', fromStep: 0.5 }, 'BAD_INPUT'],
    [{ project: 'p', toStep: 2 ** 53 }, 'BAD_INPUT'],
    [{ project: 'p', fromStep: 2, toStep: 1 }, 'BAD_INPUT'],
    [{ project: 'p', metrics: Array.from({ length: 501 }, (_, i) => `m${i}`) }, 'BAD_INPUT'],
    [{ project: 'p', metrics: ['x'.repeat(70_000)] }, 'BAD_INPUT'],
    [{ project: 'p', query: '{ __typename }' }, 'BAD_INPUT'],
    [{ project: 'p', ['__proto__']: '1' }, 'BAD_INPUT'],
  ]
  for (const [fields, code] of table) {
    for (const answer of [await get(fields), await post(fields)])
      assert.deepEqual([answer.status, codeOf(answer)], [400, code], JSON.stringify(fields).slice(0, 200))
  }
  for (const body of [[], null, 'p', 7, { project: 7 }, { project: 'p', at: 7 }, { project: 'p', metrics: [1] }])
    assert.equal(codeOf(await post(body)), 'BAD_INPUT', JSON.stringify(body))
  for (const query of ['project=p&project=q', 'project=p&points=all&points=last', 'project=%00%ff&filter=%']) {
    assert.equal(codeOf(await get({}, { query })), 'BAD_INPUT', query)
  }
  const plain = await get({}, { method: 'POST', headers: new Map([['content-type', 'text/plain']]) })
  assert.equal(codeOf(plain), 'BAD_REQUEST')
  for (const site of ['cross-site', 'same-site', '']) {
    const foreign = await get({ project: 'p' }, { headers: new Map([['sec-fetch-site', site]]) })
    assert.deepEqual([foreign.status, codeOf(foreign)], [403, 'FORBIDDEN_ORIGIN'])
  }
})

test('an export waits for its write, and for the names that came with the points it claims', async () => {
  const watermark = createTestWatermark(['never'])
  const streamer: TestStore['streamer'] = { stream: async () => assert.fail('asked too early') }
  const none = async () => assert.fail('nothing to ask')
  const { get } = exportsOf({ streamer, reader: { rows: none, columns: none } }, { watermark })
  assert.equal(codeOf(await get({ project: 'p', at: 'never' })), 'WATERMARK_TIMEOUT')
  await assert.doesNotReject(get({ project: 'p', at: 'soon' }))
  assert.deepEqual(watermark.asked, ['never+summaries', 'soon+summaries', 'now+summaries'])
  await get({ project: 'p', at: 'soon', metrics: ['m'] })
  assert.deepEqual(watermark.asked.slice(3), ['soon'])
})
