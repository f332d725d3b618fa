import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Asker, createAsker, createTestWatermark } from '../../query/fixture.ts'
import { type StoreReader, StoreTrouble } from '../../schema/store.ts'
import {
  type ClientOptions,
  createClient,
  floatsOf,
  isFailure,
  JustWritten,
  Points,
  Projects,
  unpack,
  withAt,
} from './index.ts'

const url = 'http://test/graphql'
const empty: StoreReader = { rows: async () => [], columns: async () => ({ rows: 0, columns: new Map() }) }

/** A client at a query server without a socket between; what went over is kept. */
function createPair(
  reader: StoreReader,
  options: Partial<ClientOptions> = {},
  asker: Parameters<typeof createAsker>[1] = {},
) {
  const { server }: Asker = createAsker(reader, asker)
  const sent: Request[] = []
  const ask = ((input: string, init: RequestInit) => {
    const request = new Request(input, init)
    sent.push(request.clone())
    return server.handle(request)
  }) as typeof fetch
  return { client: createClient({ url, fetch: ask, pauseMs: 1, ...options }), sent }
}

/** Fails some times, then answers. */
function createFlaky(times: number, kind: StoreTrouble['kind']) {
  let calls = 0
  const columns: StoreReader['columns'] = async (...args) => {
    if (++calls <= times) throw new StoreTrouble(kind, 'trouble')
    return empty.columns(...args)
  }
  return { reader: { ...empty, columns }, calls: () => calls }
}

test('an answer comes with its type', async () => {
  const { client, sent } = createPair(empty, { apiKey: 'secret' })
  const { projects } = await client.ask(Projects, { first: 3 })
  assert.deepEqual(projects.nodes, [])
  const hasNext: boolean = projects.pageInfo.hasNextPage
  assert.equal(hasNext, false)
  assert.equal(sent[0]!.headers.get('authorization'), 'Bearer secret')
  assert.deepEqual(await sent[0]!.json(), { query: Projects.text, operationName: 'Projects', variables: { first: 3 } })
})

test('what fails for a while is asked again, and what fails for good is not', async () => {
  const passing = createFlaky(2, 'unavailable')
  assert.deepEqual((await createPair(passing.reader).client.ask(Projects, {})).projects.nodes, [])
  assert.equal(passing.calls(), 3)
  const lasting = createFlaky(Number.POSITIVE_INFINITY, 'timeout')
  await assert.rejects(createPair(lasting.reader, { attempts: 3 }).client.ask(Projects, {}), (error) =>
    isFailure(error, 'QUERY_TIMEOUT'),
  )
  assert.equal(lasting.calls(), 3)
  const final = createFlaky(Number.POSITIVE_INFINITY, 'memory')
  await assert.rejects(createPair(final.reader).client.ask(Projects, {}), (error) => isFailure(error, 'QUERY_MEMORY'))
  assert.equal(final.calls(), 1)
})

test('a server that is away, and one that is none, are told apart', async () => {
  let calls = 0
  const away = (async () => {
    calls++
    throw new TypeError('fetch failed')
  }) as unknown as typeof fetch
  await assert.rejects(createClient({ url, fetch: away, pauseMs: 1, attempts: 2 }).ask(Projects, {}), (error) =>
    isFailure(error, 'UNREACHABLE'),
  )
  assert.equal(calls, 2)
  const other = (async () => new Response('<html>', { status: 200 })) as unknown as typeof fetch
  await assert.rejects(createClient({ url, fetch: other }).ask(Projects, {}), (error) => isFailure(error, 'BAD_ANSWER'))
  const door = (async () =>
    Response.json(
      { error: { code: 'unauthorized', message: 'no', retryable: false } },
      { status: 401 },
    )) as unknown as typeof fetch
  await assert.rejects(
    createClient({ url, fetch: door }).ask(Projects, {}),
    (error) => isFailure(error, 'unauthorized') && error.status === 401,
  )
})

test('an attempt that takes too long is given up, and an abort ends it all', async () => {
  // A socket would keep the process alive, as the timers of signals do not.
  const alive = setInterval(() => {}, 1_000)
  const silent = { ...empty, columns: () => new Promise<never>(() => {}) }
  const hanging = ((_: string, { signal }: RequestInit) =>
    new Promise((_resolve, reject) =>
      signal!.addEventListener('abort', () => reject(signal!.reason)),
    )) as unknown as typeof fetch
  await assert.rejects(
    createClient({ url, fetch: hanging, timeoutMs: 20, attempts: 2, pauseMs: 1 }).ask(Projects, {}),
    (error) => isFailure(error, 'UNREACHABLE'),
  )
  const abort = new AbortController()
  const asked = createPair(silent).client.ask(Projects, {}, { signal: abort.signal })
  setTimeout(() => abort.abort(new Error('enough')), 10)
  await assert.rejects(asked, /enough/)
  clearInterval(alive)
})

test('a token goes where an operation takes it', async () => {
  const variables = { project: 'p', run: 'r', metric: 'm' }
  assert.deepEqual(withAt(JustWritten, variables, 'x'), { ...variables, at: 'x' })
  const input = { project: 'p', runs: ['r'], metrics: ['m'] }
  assert.deepEqual(withAt(Points, { input }, 'x'), { input: { ...input, at: 'x' } })
  assert.deepEqual(withAt(Projects, {}, 'x'), {})
  const watermark = createTestWatermark()
  await createPair(empty, {}, { watermark }).client.ask(JustWritten, variables, { at: 'x' })
  assert.equal(watermark.asked[0], 'x')
})

test('by hash an operation travels whole once, then by its hash alone, in a URL where it fits', async () => {
  const { client, sent } = createPair(empty, { send: 'hash', get: true })
  for (let i = 0; i < 3; i++) await client.ask(Projects, { first: 3 })
  assert.deepEqual(
    sent.map((request) => request.method),
    ['GET', 'POST', 'GET', 'GET'],
  )
  const texts = await Promise.all(sent.map(async (request) => request.url + (await request.text())))
  assert.deepEqual(
    texts.map((text) => text.includes('pageInfo')),
    [false, true, false, false],
  )
  assert.ok(texts.every((text) => text.includes(Projects.hash)))
  await client.ask(Projects, { after: undefined, first: 3 })
  await assert.rejects(client.ask(Projects, { after: 'x'.repeat(3000) }), (error) => isFailure(error, 'BAD_CURSOR'))
  assert.equal(sent.at(-1)!.method, 'POST')
})

test('stored operations go by their hash alone', async () => {
  const persisted = { documents: new Map([[Projects.hash, Projects.text]]), only: true }
  const { client } = createPair(empty, { send: 'stored' }, { persisted })
  assert.deepEqual((await client.ask(Projects, {})).projects.nodes, [])
  const unknown = createPair(empty, { send: 'stored' })
  await assert.rejects(unknown.client.ask(Projects, {}), (error) => isFailure(error, 'PERSISTED_QUERY_NOT_FOUND'))
})

test('columns come back to the bit, with and without what Node has for that', () => {
  const odd = [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 2 ** 53, Math.PI]
  const packed = Buffer.from(Float64Array.from(odd).buffer).toString('base64')
  assert.deepEqual([...unpack(packed)], odd)
  assert.ok(Object.is(unpack(packed)[1], -0))
  assert.deepEqual([...unpack('')], [])
  assert.throws(() => unpack(Buffer.alloc(7).toString('base64')), RangeError)
  assert.deepEqual(
    [...floatsOf([1, null, 'NaN', 'Infinity', '-Infinity'])],
    [1, Number.NaN, Number.NaN, ...odd.slice(4, 6)],
  )
})
