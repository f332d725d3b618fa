import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { getIntrospectionQuery } from 'graphql'
import { packageFile } from '../schema/files.ts'
import { limits } from '../schema/limits.ts'
import { StaleToken, type StoreReader, StoreTrouble } from '../schema/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { readExamples } from './examples.ts'
import { createAsker, createTestWatermark } from './fixture.ts'
import { graphiql } from './plugins/graphiql.ts'

const sdl = readFileSync(packageFile('schema/api.graphql'), 'utf8')
const projects = '{ projects { nodes { name } } }'
const empty = async () => ({ rows: 0, columns: new Map() })
const readerOf = (columns: StoreReader['columns']): StoreReader => ({ rows: async () => [], columns })

test('the SDL names the limits as they are', () => {
  const { queryDepth, queryAliases, queryTokens, queryBodyBytes, bucketsPerSeries, seriesPerAnswer, pageRows } = limits
  const named = [queryDepth, queryAliases, queryTokens, queryBodyBytes, bucketsPerSeries, seriesPerAnswer, pageRows]
  for (const limit of named) assert.match(sdl, new RegExp(`\\b${limit}\\b`))
})

test('introspection as GraphiQL asks it is answered', async () => {
  const { ask } = createAsker(readerOf(empty))
  const answer = await ask(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }))
  assert.deepEqual(answer.errors, [])
})

test('the page at GET /graphql has example questions, each of which fits the schema', async () => {
  const { ask, server } = createAsker(readerOf(empty))
  const page = await server.handle(new Request('http://test/graphql', { headers: { accept: 'text/html' } }))
  assert.match(await page.text(), /Leaderboard/)
  const asked: string[] = []
  for (const tab of graphiql.defaultTabs ?? []) {
    for (const [, kind, name] of tab.query!.matchAll(/^(query|subscription) (\w+)/gm)) {
      asked.push(name!)
      // As it stands there, without any variables. Subscriptions come as far as the way back, which is none for events here.
      const answer = await ask(tab.query!, {}, name)
      const codes = answer.errors.map((error) => error.extensions.code)
      assert.deepEqual(
        codes.filter((code) => code !== 'UNKNOWN_RUN'),
        kind === 'subscription' ? ['NOT_LIVE'] : [],
        name,
      )
    }
  }
  assert.deepEqual(
    asked,
    readExamples().map((example) => example.name),
  )
})

test('a question by GET is answered', async () => {
  const { server } = createAsker(readerOf(empty))
  const response = await server.handle(new Request(`http://test/graphql?query=${encodeURIComponent(projects)}`))
  assert.deepEqual(((await response.json()) as { data: unknown }).data, { projects: { nodes: [] } })
})

const troubles = [
  ['unavailable', 'STORE_UNAVAILABLE', true],
  ['timeout', 'QUERY_TIMEOUT', true],
  ['memory', 'QUERY_MEMORY', false],
  ['size', 'RESULT_TOO_LARGE', false],
  ['rejected', 'INTERNAL', false],
] as const
for (const [kind, code, retryable] of troubles) {
  test(`trouble of the store goes out by name: ${kind} as ${code}`, async () => {
    const reader = readerOf(async () => {
      throw new StoreTrouble(kind, 'secret: password=x')
    })
    const { ask, metrics } = createAsker(reader)
    const answer = await ask(projects)
    assert.equal(answer.errors[0]!.extensions.code, code)
    assert.equal(answer.errors[0]!.extensions.retryable, retryable)
    assert.doesNotMatch(JSON.stringify(answer), /secret/)
    assert.match(await metrics.text(), new RegExp(`stepstream_query_errors_total\\{code="${code}"\\} 1`))
  })
}

test('a fault of ours is masked', async () => {
  const { ask } = createAsker(readerOf(() => Promise.reject(new TypeError('secret'))))
  const answer = await ask(projects)
  assert.equal(answer.errors[0]!.extensions.code, 'INTERNAL')
  assert.doesNotMatch(JSON.stringify(answer), /secret/)
})

/** A logger whose lines a test can look at. */
function createLines() {
  const lines: string[] = []
  const log = (level: string) => (_: unknown, message: string) => lines.push(`${level}: ${message}`)
  return { lines, logger: { warn: log('warn'), error: log('error') } as unknown as Logger }
}

test('a fault is logged once, however many fields it failed', async () => {
  const { lines, logger } = createLines()
  const fault = new TypeError('secret')
  const { ask } = createAsker(
    readerOf(() => Promise.reject(fault)),
    { logger },
  )
  const answer = await ask('{ a: run(project: "p", run: "r") { run } b: run(project: "p", run: "s") { run } }')
  assert.equal(answer.errors.length, 2)
  assert.deepEqual(lines, ['error: a question failed'])
})

test('a client that goes away stops its question, and is no fault', async () => {
  const { lines, logger } = createLines()
  const controller = new AbortController()
  let stopped = false
  const reader = readerOf((_sql, _parameters, options) => {
    setImmediate(() => controller.abort())
    return new Promise((_, reject) => {
      options?.signal?.addEventListener('abort', () => {
        stopped = true
        reject(options.signal?.reason)
      })
    })
  })
  const { server } = createAsker(reader, { logger })
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ query: projects })
  const request = new Request('http://test/graphql', { method: 'POST', headers, body, signal: controller.signal })
  await server.handle(request).catch(() => {})
  assert.ok(stopped)
  assert.deepEqual(lines, [])
})

test('a store that stays silent is given up', async () => {
  const { ask } = createAsker(
    readerOf(() => new Promise(() => {})),
    { settings: { queryTimeoutMs: 10 } },
  )
  const answer = await ask(projects)
  assert.equal(answer.errors[0]!.extensions.code, 'QUERY_TIMEOUT')
})

const byAt = 'query ($at: String) { projects(at: $at) { nodes { name } } }'

test('a write that does not show up in time is a retryable refusal', async () => {
  const { ask } = createAsker(readerOf(empty), { watermark: createTestWatermark(['later']) })
  const answer = await ask(byAt, { at: 'later' })
  assert.deepEqual(answer.errors[0]!.extensions, { code: 'WATERMARK_TIMEOUT', retryable: true })
})

test('a token of another server is refused', async () => {
  const watermark = { ...createTestWatermark(), reached: () => Promise.reject(new StaleToken('token of another log')) }
  const { ask } = createAsker(readerOf(empty), { watermark })
  const answer = await ask(byAt, { at: 'x' })
  assert.deepEqual(answer.errors[0]!.extensions, { code: 'BAD_AT', retryable: false })
})

test('questions beyond those running and waiting are refused at once, and the others answered', async () => {
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  let running = 0
  let most = 0
  const reader = readerOf(async () => {
    most = Math.max(most, ++running)
    await gate
    running--
    return empty()
  })
  const { ask } = createAsker(reader, { settings: { operationsAtOnce: 2, operationsWaiting: 3 } })
  const asked = Array.from({ length: 8 }, () => ask(projects))
  const refused = await Promise.race([...asked.slice(5)])
  assert.deepEqual(refused.errors[0]!.extensions, { code: 'BUSY', retryable: true })
  assert.equal(refused.status, 503)
  open()
  const answers = await Promise.all(asked)
  assert.equal(answers.filter((answer) => answer.errors.length === 0).length, 5)
  assert.equal(most, 2)
})

test('the cost is reported with the answer, and the time taken by the root field', async () => {
  const { ask, metrics } = createAsker(readerOf(empty))
  const answer = await ask('{ projects(first: 7) { nodes { name } } }')
  assert.deepEqual(answer.extensions?.cost, { points: 7, series: 0, pointsLimit: limits.pointsPerAnswer })
  assert.match(await metrics.text(), /stepstream_query_seconds_count\{field="projects"\} 1/)
})
