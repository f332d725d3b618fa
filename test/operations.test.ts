/** What an operator meets: health, metrics, settings, signals, the folder's lock. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ErrorCode, errors } from '../schema/errors.ts'
import { launch, type Server, type Settings, startServer, until, withDataDir, withServer } from './harness.ts'
import { ask, graphql, metricValue, readPoints, readRun } from './read-back.ts'
import { openStream, postJson } from './wire.ts'

const project = 'operations'
const row = (step: number) => ({ project, run: 'r', log: [{ step, metrics: { a: step, b: -step } }] })
const question = `query ($in: SeriesInput!) { series(input: $in) { values } }`

/** The commands that the start prints, which it does after it is ready. */
async function linesToPaste(server: Server): Promise<{ url: string; body: string }[]> {
  const printed = () => [...server.output().matchAll(/curl .*? (http\S+) -d '(.+)'/g)]
  await until('the lines to paste are printed', () => printed().length === 2)
  return printed().map(([, url, body]) => ({ url: url!, body: body! }))
}

/** The answer to a printed command. */
async function paste({ url, body }: { url: string; body: string }): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return response.json()
}

test('health and readiness answer, and the start tells what to paste', async () => {
  await withServer({}, async (server) => {
    for (const path of ['/healthz', '/readyz']) assert.equal((await fetch(server.url + path)).status, 200)
    const root = await fetch(server.url, { redirect: 'manual' })
    assert.deepEqual([root.status, root.headers.get('location')], [302, '/graphql'])
    await linesToPaste(server)
    assert.match(server.output(), new RegExp(`POST ${server.url}/v1/frames`))
    assert.match(server.output(), new RegExp(`curl .*${server.url}/graphql -d '\\{"query"`))
  })
})

test('the lines to paste do what they say', async () => {
  await withServer({}, async (server) => {
    const [frames, curve] = await linesToPaste(server)
    assert.equal(((await paste(frames!)) as { frames: number }).frames, 1)
    let answer: { data: { series: { steps: number[] }[] } | null; extensions?: unknown } = { data: null }
    // Until its run is stored the answer is that there is no such run.
    await until('the curve has the points', async () => {
      answer = (await paste(curve!)) as typeof answer
      return (answer.data?.series[0]?.steps.length ?? 0) > 0
    })
    assert.deepEqual(answer, {
      data: { series: [{ run: 'r1', metric: 'loss', steps: [1, 2], values: [0.5, 0.25] }] },
      extensions: answer.extensions,
    })
  })
})

test('/metrics counts every stage', async () => {
  await withServer({ FLUSH_INTERVAL_MS: 100 }, async (server) => {
    const stream = await openStream(server)
    for (let step = 0; step < 5; step++) await stream.send(row(step))
    const { at } = await postJson(server, [row(5), row(6)])
    await postJson(server, row(0.5))
    await postJson(server, '{')
    await ask(server, question, { in: { project, runs: ['r'], metrics: ['a'], at } })
    await ask(server, question, { in: { project, runs: ['r'], metrics: ['b'], at } })
    await readRun(server, project, 'r', at)
    const expected: Record<string, number> = {
      'stepstream_frames_total{door="websocket"}': 5,
      'stepstream_frames_total{door="http"}': 2,
      stepstream_points_total: 14,
      stepstream_points_stored_total: 14,
      'stepstream_refusals_total{code="bad_step"}': 1,
      'stepstream_refusals_total{code="malformed_json"}': 1,
      'stepstream_refusals_total{code="internal"}': 0,
      stepstream_log_lag_records: 0,
      stepstream_gateway_pending_bytes: 0,
      stepstream_gateway_connections: 1,
      stepstream_ack_seconds_count: 6,
      stepstream_active_series: 2,
      stepstream_active_runs: 1,
      'stepstream_sink_frames_total{outcome="stored"}': 7,
      stepstream_insert_rows_sum: 14,
      'stepstream_query_seconds_count{field="series"}': 2,
      'stepstream_query_seconds_count{field="run"}': 1,
      'stepstream_dead_letters_total{reason="too_many_metrics"}': 0,
    }
    for (const [line, value] of Object.entries(expected)) assert.equal(await metricValue(server, line), value, line)
    const positive = [
      'stepstream_insert_seconds_sum',
      'stepstream_insert_seconds_count',
      'stepstream_flush_seconds_count',
    ]
    const more = ['stepstream_log_append_seconds_count', 'stepstream_log_record_bytes_sum', 'stepstream_log_bytes']
    for (const line of [...positive, ...more, 'stepstream_received_bytes_total', 'process_cpu_seconds_total']) {
      assert.ok((await metricValue(server, line)) > 0, line)
    }
    assert.equal(await metricValue(server, 'stepstream_log_limit_bytes'), 8 * 2 ** 30)
    for (const code of Object.keys(errors) as ErrorCode[]) {
      assert.ok((await metricValue(server, `stepstream_refusals_total{code="${code}"}`)) >= 0, code)
    }
    stream.close()
    await until(
      'the connection is counted off',
      async () => (await metricValue(server, 'stepstream_gateway_connections')) === 0,
    )
  })
})

const badSettings: [sentence: string, settings: Settings, message: RegExp][] = [
  ['a port that is no number', { PORT: 'abc' }, /^bad settings:\n {2}PORT: /],
  ['a port that is too large', { PORT: 65_536 }, /^bad settings:\n {2}PORT: /],
  ['a log that is too small', { LOG_MAX_BYTES: 1000 }, /^bad settings:\n {2}LOG_MAX_BYTES: /],
  ['a key that is too short', { API_KEY: 'short' }, /^bad settings:\n {2}API_KEY: /],
  ['an unknown level', { LOG_LEVEL: 'loud' }, /^bad settings:\n {2}LOG_LEVEL: /],
  ['several at once', { PORT: -1, READ_SESSIONS: 0 }, /PORT: .*\n {2}READ_SESSIONS: /],
]
for (const [sentence, settings, message] of badSettings) {
  test(`bad settings end the start with one clear message: ${sentence}`, async () => {
    await withDataDir(async (dataDir) => {
      const { exited, output } = launch(dataDir, settings)
      assert.deepEqual(await exited, { code: 1, signal: null })
      assert.match(output(), message)
      assert.doesNotMatch(output(), /^\s+at /m)
    })
  })
}

test('a port that is taken ends the start with a clear message', async () => {
  await withServer({}, async (server) => {
    await withDataDir(async (dataDir) => {
      const { exited, output } = launch(dataDir, { PORT: server.port })
      assert.equal((await exited).code, 1)
      assert.match(output(), /is the port taken\?/)
    })
  })
})

test('a second server on the same folder is refused, and the first goes on', async () => {
  await withServer({}, async (server, dataDir) => {
    const { exited, output } = launch(dataDir)
    assert.equal((await exited).code, 1)
    assert.match(output(), new RegExp(`is open in process ${server.pid}`))
    const { at } = await postJson(server, row(1))
    assert.deepEqual((await readPoints(server, { project, run: 'r', metrics: ['a'], at })).get('a'), [[1, 1]])
  })
})

test('SIGINT and SIGTERM end it with code 0; what was sent is there again', async () => {
  await withDataDir(async (dataDir) => {
    for (const [round, signal] of (['SIGINT', 'SIGTERM', 'SIGINT'] as const).entries()) {
      const server = await startServer(dataDir)
      const { at } = await postJson(server, row(round))
      assert.deepEqual(await server.stop(signal), { code: 0, signal: null })
      assert.match(server.output(), /"msg":"stopped"/)
      const again = await startServer(dataDir)
      const points = (await readPoints(again, { project, run: 'r', metrics: ['a'], at })).get('a')
      assert.deepEqual(
        points,
        Array.from({ length: round + 1 }, (_, step) => [step, step]),
      )
      await again.stop()
    }
  })
})

test('a folder whose log was removed is refused, for its store is of another log', async () => {
  await withDataDir(async (dataDir) => {
    const server = await startServer(dataDir)
    await postJson(server, row(1))
    await server.stop()
    await rm(join(dataDir, 'log'), { recursive: true })
    const { exited, output } = launch(dataDir)
    assert.equal((await exited).code, 1)
    assert.match(output(), /was the log's folder removed\?/)
  })
})

test('a token of another server is refused by name', async () => {
  await withServer({}, async (one) => {
    await withServer({}, async (other) => {
      const { at } = await postJson(one, row(1))
      await postJson(other, row(1))
      const { errors } = await graphql(other, question, { in: { project, runs: ['r'], metrics: ['a'], at } })
      assert.equal(errors[0]?.extensions.code, 'BAD_AT')
    })
  })
})
