import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket as NetSocket } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pack, unpack } from 'msgpackr'
import { type ClientOptions, type RawData, WebSocket } from 'ws'
import { createAuthorizer } from '../../http/auth.ts'
import { createHttpServer } from '../../http/server.ts'
import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import { parseToken } from '../../schema/token.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { Metrics } from '../../telemetry/metrics.ts'
import type { LogWriter } from '../log/log.ts'
import { handleFrames } from './frames-route.ts'
import { createGateway, describeError, errorAnswer, type GatewayOptions } from './gateway.ts'
import { createStreamDoor, type StreamOptions } from './stream.ts'

// Credits small enough to meet; each test file is a process of its own.
Object.assign(limits, { connectionFramesInFlight: 50, connectionBytesInFlight: 100_000, frameBytes: 20_000 })
Object.assign(limits, { connectionBufferedBytes: 64 * 1024 })

type Answer = {
  ok: boolean
  seq: number | null
  n: number
  at?: string
  error?: { code: string; message: string; retryable: boolean }
}

/** A log that keeps its appends waiting while it is held. */
function createTestLog() {
  let offset = 0
  let held: { resolve(offset: number): void; reject(error: unknown): void }[] | undefined
  const log: LogWriter = {
    id: 'test',
    partitions: 1,
    append: () =>
      new Promise((resolve, reject) => {
        if (held) held.push({ resolve, reject })
        else resolve(offset++)
      }),
  }
  return {
    log,
    hold() {
      held = []
    },
    release(error?: unknown) {
      const waiting = held ?? []
      held = undefined
      for (const { resolve, reject } of waiting)
        if (error) reject(error)
        else resolve(offset++)
    },
  }
}

const closers: (() => void)[] = []
after(() => {
  for (const close of closers) close()
})

async function startDoor(options: Partial<StreamOptions> = {}, gatewayOptions: GatewayOptions = {}) {
  const held = createTestLog()
  const logger = createLogger('silent')
  const gateway = createGateway(held.log, new Metrics(), logger, gatewayOptions)
  const door = createStreamDoor(gateway, { messageTimeoutMs: 60_000, lifetimeMinutes: 60, admit() {}, ...options })
  const server = createHttpServer({ onError: (error) => errorAnswer(describeError(error, gateway.counts, logger)) })
  server.socket('/v1/stream', door)
  const frames = { method: 'any', path: '/v1/frames', bodyBytes: 10_000, bodyTimeoutMs: 1_000 } as const
  server.route({ ...frames, handle: (request) => handleFrames(gateway, { id: 'test', partitions: 1 }, request) })
  const port = await server.listen('127.0.0.1', 0)
  closers.push(() => {
    door.stop()
    server.stopListening()
    server.close()
  })
  return { ...held, gateway, door, port }
}

/** A connected client: what it is told, in order, the hello apart. */
async function connect(port: number, options: ClientOptions = {}, query = '') {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream${query}`, options)
  const answers: Answer[] = []
  const hello = new Promise<Record<string, number>>((resolve) => {
    socket.on('message', (data: RawData) => {
      const value = unpack(data as Buffer) as Answer & Record<string, number>
      if ('hello' in value) resolve(value)
      else answers.push(value)
    })
  })
  const closed = once(socket, 'close').then(([code, reason]) => ({ code: code as number, reason: String(reason) }))
  closed.catch(() => {})
  socket.on('error', () => {})
  await once(socket, 'open')
  return { socket, answers, closed, hello: await hello }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; !condition(); i++) {
    assert.ok(i < 500, `waited in vain: ${what}`)
    await sleep(10)
  }
}

const frame = (seq: number, more: object = {}) => {
  return pack({ project: 'p', run: 'r', writer: 'w', seq, log: [{ step: seq, metrics: { loss: 0.5 } }], ...more })
}
const codesOf = (answers: readonly Answer[]) => answers.map(({ error }) => error?.code ?? 'ok')

test('the server greets with the credit and the size of the largest frame', async () => {
  const { port } = await startDoor()
  const { hello, socket } = await connect(port)
  assert.deepEqual(hello, { hello: 1, frames: 50, bytes: 100_000, frameBytes: 20_000 })
  socket.close()
})

test('every message gets one answer: its own n and seq, a token or a named error', async () => {
  const { port } = await startDoor()
  const client = await connect(port)
  const messages: [message: Uint8Array | string, seq: number | null, code: string][] = [
    [frame(1), 1, 'ok'],
    [Buffer.from([0x81]), null, 'malformed_msgpack'],
    [frame(3, { unknown: 1 }), 3, 'unknown_field'],
    [pack({ project: 'p', run: 'r', log: [{ step: 1, metrics: { a: 1 } }] }), null, 'ok'],
    ['a text', null, 'text_message'],
    [frame(5, { log: [], update: { state: 'gone' } }), 5, 'bad_update'],
    [new Uint8Array(0), null, 'malformed_msgpack'],
    [frame(6, { cols: [[9, 1, null, new Uint8Array(8)]] }), 6, 'unknown_set'],
    [frame(7, { update: { name: 'x'.repeat(20_100) } }), 7, 'frame_too_large'],
    [frame(8), 8, 'ok'],
  ]
  for (const [message] of messages) client.socket.send(message)
  await until(() => client.answers.length === messages.length, 'all answers')
  const answers = client.answers.sort((a, b) => a.n - b.n)
  answers.forEach((answer, i) => {
    const [, seq, code] = messages[i]!
    assert.deepEqual([answer.n, answer.seq, answer.error?.code ?? 'ok'], [i + 1, seq, code])
    assert.equal(answer.ok, code === 'ok')
    if (answer.ok) assert.equal(parseToken(answer.at!)?.log, 'test')
  })
  await sleep(30)
  assert.equal(client.answers.length, messages.length)
  client.socket.close()
})

test('frames beyond the credit are refused by name, and credit comes back with the answers', async () => {
  const { port, hold, release } = await startDoor()
  const client = await connect(port)
  hold()
  for (let seq = 0; seq < 53; seq++) client.socket.send(frame(seq))
  await until(() => client.answers.length === 3, 'refusals')
  assert.deepEqual(codesOf(client.answers), Array(3).fill('too_many_in_flight'))
  assert.deepEqual(
    client.answers.map(({ seq, error }) => [seq, error?.retryable]),
    [50, 51, 52].map((seq) => [seq, true]),
  )
  release()
  await until(() => client.answers.length === 53, 'acks')
  for (let seq = 50; seq < 53; seq++) client.socket.send(frame(seq))
  await until(() => client.answers.length === 56, 'the second try')
  assert.deepEqual(codesOf(client.answers.slice(3)), Array(53).fill('ok'))
  assert.deepEqual(
    client.answers.slice(3).map(({ seq }) => seq),
    Array.from({ length: 53 }, (_, seq) => seq),
  )
  client.socket.close()
})

test('the credit is one of bytes too', async () => {
  const { port, hold, release } = await startDoor()
  const client = await connect(port)
  hold()
  const large = (seq: number) => frame(seq, { update: { params: { a: 'x'.repeat(8_000), b: 'y'.repeat(8_000) } } })
  for (let seq = 0; seq < 8; seq++) client.socket.send(large(seq))
  await until(() => client.answers.length === 2, 'refusals')
  assert.deepEqual(
    client.answers.map(({ seq, error }) => [seq, error?.code]),
    [
      [6, 'too_many_in_flight'],
      [7, 'too_many_in_flight'],
    ],
  )
  release()
  await until(() => client.answers.length === 8, 'acks')
  assert.equal(client.answers.filter(({ ok }) => ok).length, 6)
  client.socket.close()
})

const failures: [name: string, error: unknown, code: string][] = [
  ['a full log', new Refusal('log_full'), 'log_full'],
  ['a log that cannot write', new Error('EIO'), 'outcome_unknown'],
]
for (const [name, error, code] of failures) {
  test(`${name} refuses the frames that wait, and the connection goes on`, async () => {
    const { port, hold, release, gateway } = await startDoor()
    const client = await connect(port)
    hold()
    for (let seq = 0; seq < 3; seq++) client.socket.send(frame(seq))
    await until(() => gateway.batcher.pendingBytes() > 0, 'the frames to arrive')
    await sleep(20)
    release(error)
    await until(() => client.answers.length === 3, 'refusals')
    assert.deepEqual(codesOf(client.answers), Array(3).fill(code))
    client.socket.send(frame(3))
    await until(() => client.answers.length === 4, 'an ack')
    assert.equal(client.answers[3]!.ok, true)
    client.socket.close()
  })
}

test('a log that does not answer in time leaves the outcome unknown; what it says later is not told', async () => {
  const { port, hold, release, gateway } = await startDoor({}, { ackTimeoutMs: 200 })
  const client = await connect(port)
  hold()
  for (let seq = 0; seq < 3; seq++) client.socket.send(frame(seq))
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify([1, 2].map((step) => ({ project: 'p', run: 'r', log: [{ step, metrics: { a: 1 } }] })))
  const response = await fetch(`http://127.0.0.1:${port}/v1/frames`, { method: 'POST', headers, body })
  assert.equal(response.status, 504)
  const { error } = (await response.json()) as { error: { code: string; retryable: boolean } }
  assert.deepEqual([error.code, error.retryable], ['outcome_unknown', true])
  await until(() => client.answers.length === 3, 'answers')
  assert.deepEqual(
    client.answers.map(({ seq, n, error }) => [seq, n, error?.code]),
    [0, 1, 2].map((seq) => [seq, seq + 1, 'outcome_unknown']),
  )
  assert.equal(gateway.counts.refusals.outcome_unknown.value, 4)
  release()
  await until(() => gateway.batcher.pendingBytes() === 0, 'the log to answer')
  client.socket.send(frame(3))
  await until(() => client.answers.length === 4, 'an ack')
  assert.deepEqual([client.answers[3]!.ok, client.answers[3]!.n], [true, 4])
  client.socket.close()
})

test('answers that are ready together go out together', async () => {
  const { port, hold, release } = await startDoor()
  const client = await connect(port)
  hold()
  for (let seq = 0; seq < 50; seq++) client.socket.send(frame(seq))
  await sleep(100)
  let packets = 0
  const { _socket: tcp } = client.socket as unknown as { _socket: NetSocket }
  tcp.on('data', () => {
    packets++
  })
  release()
  await until(() => client.answers.length === 50, 'acks')
  // The frames may have become two records.
  assert.ok(packets <= 3, `${packets} packets`)
  client.socket.close()
})

test('a client that asks for it hears of many frames in one answer, as ranges of n, each frame once', async () => {
  const { port, hold, release } = await startDoor()
  const client = await connect(port, {}, '?acks=ranges')
  assert.equal((client.hello as Record<string, unknown>).acks, 'ranges')
  hold()
  // Message 3 is refused.
  for (let n = 1; n <= 9; n++) client.socket.send(n === 3 ? new Uint8Array([0xc1]) : frame(n))
  await until(() => client.answers.length === 1, 'the refusal')
  release()
  const lists = () => client.answers.flatMap(({ n }) => (Array.isArray(n) ? [n as number[]] : []))
  const acked = () => {
    return lists().flatMap((list) =>
      list.flatMap((first, i) => (i % 2 ? [] : Array.from({ length: list[i + 1]! - first + 1 }, (_, k) => first + k))),
    )
  }
  await until(() => acked().length === 8, 'acks')
  assert.deepEqual(acked(), [1, 2, 4, 5, 6, 7, 8, 9])
  assert.deepEqual([client.answers[0]!.n, client.answers[0]!.error?.code], [3, 'wrong_type'])
  assert.ok(client.answers.length <= 4)
  for (const { ok, at } of client.answers.slice(1)) assert.ok(ok && parseToken(at!))
  client.socket.close()
})

test('acks of another form than there is are refused before the connection opens', async () => {
  const { port } = await startDoor()
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream?acks=none`)
  const [error] = await once(socket, 'error')
  assert.match(String(error), /415|400|422/)
})

test('frames whose run, set and writer are known are answered as the first ones are', async () => {
  const { port } = await startDoor()
  const client = await connect(port)
  const values = Buffer.from(Float64Array.of(1, 2).buffer)
  for (let seq = 0; seq < 20; seq++) {
    const sets = seq === 0 ? { sets: [[0, ['a', 'b']]] } : {}
    // Another run, another writer, and a set that is not there, in between.
    const more = [{}, { run: 'r2' }, { writer: 'other' }, { seq: 2 ** 40 + seq }][seq % 4]
    const cols = [[seq === 13 ? 1 : 0, seq, null, values]]
    client.socket.send(pack({ project: 'p', run: 'r', writer: 'w', seq, ...sets, cols, ...more }))
  }
  await until(() => client.answers.length === 20, 'answers')
  const byNumber = client.answers.toSorted((a, b) => a.n - b.n)
  assert.deepEqual(
    byNumber.map(({ n, seq, error }) => [n, seq, error?.code]),
    Array.from({ length: 20 }, (_, i) => [i + 1, i % 4 === 3 ? 2 ** 40 + i : i, i === 13 ? 'unknown_set' : undefined]),
  )
  client.socket.close()
})

test('a client that answers no ping and sends nothing is closed with 4408', async () => {
  const { port, gateway } = await startDoor({ messageTimeoutMs: 400 })
  const started = performance.now()
  const client = await connect(port, { autoPong: false })
  const { code, reason } = await client.closed
  assert.deepEqual({ code, reason }, { code: 4408, reason: 'request_timeout' })
  const tookMs = performance.now() - started
  assert.ok(tookMs > 350 && tookMs < 1500, `${tookMs}`)
  await until(() => gateway.counts.connections.value === 0, 'the connection to be counted off')
})

test('a quiet client that answers pings stays, and so does one that sends but answers none', async () => {
  const { port } = await startDoor({ messageTimeoutMs: 400 })
  const [quiet, busy] = [await connect(port), await connect(port, { autoPong: false })]
  for (let i = 0; i < 8; i++) {
    await sleep(200)
    busy.socket.send(frame(i))
  }
  assert.equal(quiet.socket.readyState, WebSocket.OPEN)
  assert.equal(busy.socket.readyState, WebSocket.OPEN)
  await until(() => busy.answers.length === 8, 'acks')
  for (const { socket } of [quiet, busy]) socket.close()
})

test('half a message, byte by byte, does not keep a connection that answers no ping', async () => {
  const { port } = await startDoor({ messageTimeoutMs: 400 })
  const client = await connect(port, { autoPong: false })
  const { _socket: tcp } = client.socket as unknown as { _socket: NetSocket }
  // A masked binary message of 1000 bytes of which one comes now and then.
  tcp.write(Buffer.from([0x82, 0xfe, 0x03, 0xe8, 0, 0, 0, 0]))
  const drip = setInterval(() => tcp.write(Buffer.from([0])), 50)
  const { code } = await client.closed
  clearInterval(drip)
  assert.equal(code, 4408)
  assert.equal(client.answers.length, 0)
})

test('a message far over the limit ends the connection before it is read', async () => {
  const { port } = await startDoor()
  const client = await connect(port)
  client.socket.send(new Uint8Array(3 * 1024 * 1024))
  const { code } = await client.closed
  assert.ok(code === 1006 || code === 1009, `${code}`)
  assert.equal(client.answers.length, 0)
})

test('a client that does not read its answers is closed, and the server keeps none of them', async () => {
  const { port, gateway } = await startDoor()
  const client = await connect(port)
  client.socket.pause()
  for (let i = 0; i < 400 && gateway.counts.connections.value > 0; i++) {
    for (let n = 0; n < 500; n++) client.socket.send(new Uint8Array([0xc1]))
    await sleep(1)
  }
  await until(() => gateway.counts.connections.value === 0, 'the connection to be closed')
  client.socket.terminate()
})

test('acks of a connection that is gone harm nobody, and its metric sets are given back', async () => {
  const { port, hold, release, gateway } = await startDoor()
  const client = await connect(port)
  hold()
  const sets = [[0, ['a', 'b', 'c']]]
  client.socket.send(frame(0, { sets, cols: [[0, 1, null, new Uint8Array(24)]] }))
  await until(() => gateway.names.definedNames === 3, 'the set')
  client.socket.terminate()
  await until(() => gateway.counts.connections.value === 0, 'the connection to go')
  assert.equal(gateway.names.definedNames, 0)
  release()
  await gateway.batcher.drained()
  const next = await connect(port)
  next.socket.send(frame(1))
  await until(() => next.answers.length === 1, 'an ack')
  next.socket.close()
})

test('a server that drains answers what it took, refuses the rest, lets nobody in, and says goodbye', async () => {
  const { port, hold, release, gateway, door } = await startDoor()
  const client = await connect(port)
  hold()
  client.socket.send(frame(0))
  await until(() => gateway.batcher.pendingBytes() > 0, 'the frame to arrive')
  const drained = gateway.drain()
  client.socket.send(frame(1))
  await until(() => client.answers.length === 1, 'a refusal')
  assert.deepEqual([client.answers[0]!.seq, client.answers[0]!.error?.code], [1, 'shutting_down'])
  assert.equal(await upgradeStatus(port), 503)
  release()
  await drained
  door.closeAll()
  assert.deepEqual(await client.closed, { code: 1001, reason: 'shutting_down' })
  assert.deepEqual(codesOf(client.answers), ['shutting_down', 'ok'])
})

async function upgradeStatus(port: number, headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream`, { headers })
  socket.on('error', () => {})
  return await new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
      response.destroy()
    })
    socket.on('open', () => {
      resolve(101)
      socket.close()
    })
  })
}

const upgrades: [name: string, headers: Record<string, string>, status: number][] = [
  ['no key', {}, 401],
  ['a wrong key', { authorization: 'Bearer wrong' }, 401],
  ['the key', { authorization: 'Bearer secret' }, 101],
  ['the key from a page of another origin', { authorization: 'Bearer secret', origin: 'http://evil.example' }, 403],
]
for (const [name, headers, status] of upgrades) {
  test(`an upgrade with ${name} is answered with ${status}`, async () => {
    const { port, gateway } = await startDoor({ admit: createAuthorizer('secret') })
    assert.equal(await upgradeStatus(port, headers), status)
    assert.equal(gateway.counts.refusals.unauthorized.value, status === 401 ? 1 : 0)
  })
}

test('a connection too many is refused, and there is room again when one leaves', async () => {
  const { connections } = limits
  Object.assign(limits, { connections: 2 })
  try {
    const { port, gateway } = await startDoor()
    const clients = [await connect(port), await connect(port)]
    assert.equal(await upgradeStatus(port), 503)
    clients[0]!.socket.close()
    await until(() => gateway.counts.connections.value === 1, 'one to leave')
    assert.equal(await upgradeStatus(port), 101)
    clients[1]!.socket.close()
  } finally {
    Object.assign(limits, { connections })
  }
})

test('a plain request at the path of the stream is left to the other routes', async () => {
  const { port, gateway } = await startDoor()
  const response = await fetch(`http://127.0.0.1:${port}/v1/stream`)
  assert.equal(response.status, 404)
  assert.equal(gateway.counts.connections.value, 0)
})
