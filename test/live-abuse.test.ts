/** What viewers must not do: wrong messages, floods, the doors of others; and what is too much is refused by name, before the store is asked. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../schema/limits.ts'
import { type Server, startServer, until, withDataDir } from './harness.ts'
import { metricValue } from './read-back.ts'
import { init, openEvents, openSocket, type SocketOptions, subscribe } from './viewers.ts'
import { postBody } from './wire.ts'

const key = { authorization: 'Bearer a-secret-key' }
const query = 'subscription ($in: LiveSeriesInput!) { series(input: $in) { id series { steps } } }'
const of = (runs: number, metrics = 1, buckets = 1_000) => ({
  in: {
    ...{ project: 'p', buckets },
    runs: Array.from({ length: runs }, (_, i) => `r${i}`),
    metrics: Array.from({ length: metrics }, (_, i) => `m${i}`),
  },
})

let server: Server
let end: () => void
before(async () => {
  await new Promise<void>((resolve, reject) => {
    withDataDir(async (dataDir) => {
      server = await startServer(dataDir, { API_KEY: 'a-secret-key', MESSAGE_TIMEOUT_MS: 1_000 })
      resolve()
      await new Promise<void>((close) => {
        end = close
      })
      await server.kill()
    }).catch(reject)
  })
})
after(() => end())

const withKey = (options: SocketOptions = {}) =>
  openSocket(server, { ...options, headers: { ...key, ...options.headers } })

const upgrades: [what: string, options: SocketOptions, status: number][] = [
  ['a page of another origin', { headers: { ...key, origin: 'https://evil.example' } }, 403],
  ['a page of another origin, without a key', { headers: { origin: 'https://evil.example' } }, 403],
  ['a wrong key', { headers: { authorization: 'Bearer wrong' } }, 401],
  ['another subprotocol', { headers: key, protocol: 'graphql-ws' }, 400],
]
for (const [what, options, status] of upgrades) {
  test(`a WebSocket is refused before it opens: ${what}`, async () => {
    await assert.rejects(openSocket(server, options), new RegExp(`Unexpected server response: ${status}`))
  })
}

const closings: [what: string, headers: Record<string, string>, messages: (object | string)[], code: number][] = [
  ['something that is not JSON', key, ['{'], 4400],
  ['JSON that is no message', key, ['[1,2]'], 4400],
  ['a message of an unknown type', key, [{ type: 'shout' }], 4400],
  ['a message only servers send', key, [init(), { type: 'next', id: 'a', payload: {} }], 4400],
  ['a subscription before the first word', key, [subscribe('a', query, of(1))], 4401],
  ['the first word twice', key, [init(), init()], 4429],
  ['no key at all', {}, [init()], 4403],
  ['a wrong key in the first message', {}, [init({ authorization: 'Bearer wrong' })], 4403],
  ['one id twice', key, [init(), subscribe('a', query, of(1)), subscribe('a', query, of(1))], 4409],
  ['an id that is too long', key, [init(), subscribe('a'.repeat(200), query, of(1))], 4400],
  ['nothing', key, [], 4408],
  [
    'a flood of messages',
    key,
    [init(), ...Array.from({ length: limits.liveMessagesAtOnce + 50 }, () => ({ type: 'ping' }))],
    4429,
  ],
  [
    'a flood of subscriptions that are completed at once',
    key,
    [
      init(),
      ...Array.from({ length: limits.liveMessagesAtOnce }, (_, i) => [
        subscribe(`s${i}`, query, of(1)),
        { type: 'complete', id: `s${i}` },
      ]).flat(),
    ],
    4429,
  ],
]
for (const [what, headers, messages, code] of closings) {
  test(`a WebSocket is closed with ${code}: ${what}`, async () => {
    const socket = await openSocket(server, { headers })
    for (const message of messages) socket.send(message)
    assert.equal((await socket.closed).code, code)
  })
}

test('binary messages and those that are too large end the connection', async () => {
  const binary = await withKey()
  binary.socket.send(Buffer.from(JSON.stringify(init())))
  assert.equal((await binary.closed).code, 4400)
  const large = await withKey()
  large.socket.on('error', () => {})
  large.send(JSON.stringify(init({ filler: 'x'.repeat(limits.queryBodyBytes) })))
  await large.closed
})

test('the key may come with the first message, as browsers must send it', async () => {
  const socket = await openSocket(server)
  socket.send(init({ authorization: 'Bearer a-secret-key' }))
  await until('it is let in', () => socket.received.some(({ type }) => type === 'connection_ack'))
  socket.socket.close()
})

const refused: [what: string, text: string, variables: object, code: string][] = [
  ['more buckets than one may watch', query, of(101), 'TOO_COSTLY'],
  ['more series than an answer has', query, of(51, 10, 2), 'TOO_MANY_SERIES'],
  ['too many buckets', query, of(1, 1, 5_000), 'BAD_INPUT'],
  ['no runs', query, of(0), 'BAD_INPUT'],
  ['a range that ends before it begins', query, { in: { ...of(1).in, fromStep: 5, toStep: 1 } }, 'BAD_INPUT'],
  ['a variable of a wrong type', query, { in: { project: 5 } }, 'BAD_INPUT'],
  ['an id of no event', query.replace('$in)', '$in, after: "x")'), of(1), 'BAD_CURSOR'],
  ['a document that is not GraphQL', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', 'subscription { shouts }', {}, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'two fields at once',
    'subscription { a: runs(project: "p") { id } b: runs(project: "p") { id } }',
    {},
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'a filter with too many conditions',
    'subscription ($f: RunFilter) { runs(project: "p", filter: $f) { id } }',
    { f: { and: Array.from({ length: 101 }, () => ({ state: ['RUNNING'] })) } },
    'BAD_INPUT',
  ],
  [
    'more metrics of more runs than an answer has',
    'subscription { runs(project: "p") { changed { series(metrics: ["a", "b", "c"]) { steps } } } }',
    {},
    'TOO_MANY_SERIES',
  ],
]
for (const [what, text, variables, code] of refused) {
  test(`refused by name on both ways: ${what} (${code})`, async () => {
    const stream = await openEvents(server, { query: text, variables }, key)
    await stream.ended
    assert.equal(stream.results[0]?.errors?.[0]?.extensions.code, code, stream.text())
    const socket = await withKey()
    socket.send(init())
    socket.send(subscribe('a', text, variables))
    await until('an error', () => socket.received.some(({ type }) => type === 'error'))
    const { payload } = socket.received.find(({ type }) => type === 'error')!
    const [error] = payload as unknown as { extensions: { code: string; http?: unknown } }[]
    assert.equal(error!.extensions.code, code)
    assert.equal(error!.extensions.http, undefined)
    socket.socket.close()
  })
}

test('a question over the WebSocket is sent to where questions are answered', async () => {
  const socket = await withKey()
  socket.send(init())
  socket.send(subscribe('a', '{ server { watermark } }'))
  await until('an error', () => socket.received.some(({ type }) => type === 'error'))
  assert.match(JSON.stringify(socket.received), /BAD_REQUEST.*/)
  socket.socket.close()
})

test('a subscription by a request that takes no events is refused by name, and watches nothing', async () => {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...key },
    body: JSON.stringify({ query, variables: of(1) }),
  })
  const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] }
  assert.deepEqual([response.status, errors[0]!.extensions.code], [400, 'NOT_LIVE'])
})

test('one connection has a bounded number of subscriptions, and the others still get their events', async () => {
  const socket = await withKey()
  socket.send(init())
  const count = limits.liveSubscriptionsPerConnection
  for (let i = 0; i < count + 3; i++) socket.send(subscribe(`s${i}`, query, of(1)))
  await until('all are answered', () => socket.received.length >= 1 + count + 3)
  assert.equal(socket.received.filter(({ type }) => type === 'next').length, count)
  const errors = socket.received.filter(({ type }) => type === 'error')
  assert.equal(errors.length, 3)
  assert.match(JSON.stringify(errors), /TOO_MANY_SUBSCRIPTIONS/)
  assert.equal(await metricValue(server, 'stepstream_live_series'), 1)
  socket.socket.terminate()
})

test('a client that stops in the middle of a message, or answers no ping, is closed', async () => {
  const silent = await withKey()
  silent.send(init())
  silent.socket.pause()
  const begin = performance.now()
  while ((await metricValue(server, 'stepstream_live_viewers')) > 0) await sleep(10)
  silent.send(subscribe('a', query, of(1)))
  await until('it watches', async () => (await metricValue(server, 'stepstream_live_viewers')) === 1)
  await until('it is gone', async () => (await metricValue(server, 'stepstream_live_viewers')) === 0)
  assert.ok(performance.now() - begin < 5_000)
  silent.socket.terminate()
})

test('after all of it nobody watches, and the server takes frames and viewers', async () => {
  await until('nobody watches', async () => (await metricValue(server, 'stepstream_live_viewers')) === 0)
  assert.equal(await metricValue(server, 'stepstream_live_series'), 0)
  assert.equal(await metricValue(server, 'stepstream_live_unsent_bytes'), 0)
  const frame = JSON.stringify({ project: 'p', run: 'r0', log: [{ step: 1, metrics: { m0: 1 } }] })
  assert.equal((await postBody(server, frame, { 'content-type': 'application/json', ...key })).status, 200)
  const stream = await openEvents(server, { query, variables: of(1) }, key)
  await until('the point', () => stream.results.some(({ data }) => data.series.series[0].steps[0] === 1))
  stream.close()
})
