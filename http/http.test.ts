import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../schema/errors.ts'
import type { HttpAnswer, HttpRequest } from './exchange.ts'
import { fetchHandler } from './fetch.ts'
import { createHttpServer, type HttpServer } from './server.ts'

const bodyBytes = 100_000
const bodyTimeoutMs = 300
let server: HttpServer
let port: number
let url: string
/** What the handler of `/echo` got, newest last. */
const requests: HttpRequest[] = []
const errors: unknown[] = []

/** `/stream`: a body that never ends, and what became of it. */
const chunk = new Uint8Array(64 * 1024).fill(7)
const stream = { pulled: 0, cancelled: 0 }
/** `/slow`: told when its client is gone. */
let slowAborted: (() => void) | undefined

before(async () => {
  server = createHttpServer({
    onError(error): HttpAnswer {
      errors.push(error)
      if (!(error instanceof Refusal)) return { status: 500, body: 'fault' }
      return { status: error.status, body: error.code, closeConnection: error.status === 413 || error.status === 408 }
    },
  })
  const common = { method: 'any' as const, bodyBytes, bodyTimeoutMs }
  server.route({
    ...{ ...common, path: '/echo' },
    handle(request) {
      requests.push(request)
      return { status: 200, headers: { 'x-length': String(request.body.length) }, body: request.body }
    },
  })
  server.route({
    ...{ ...common, path: '/throws/*' },
    handle(request) {
      throw request.path.endsWith('refusal') ? new Refusal('log_full') : new Error('a fault')
    },
  })
  server.route({
    ...{ ...common, path: '/once' },
    handle: () => ({ status: 200, body: bodyOfOneChunk(), filler: new Uint8Array(2) }),
  })
  server.route({ ...common, path: '/stream', handle: () => ({ status: 200, body: endlessBody() }) })
  server.route({
    ...{ ...common, path: '/slow' },
    async handle(request) {
      await new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()))
      slowAborted?.()
      return { status: 200, body: 'too late' }
    },
  })
  server.route({ ...common, path: '/finite/*', handle: (request) => ({ status: 200, body: finiteBody(request.path) }) })
  const fetched = fetchHandler(async (request) => {
    const text = `${request.method} ${new URL(request.url).pathname}?${new URL(request.url).searchParams} ${await request.text()}`
    return new Response(text, { status: 418, headers: { 'x-seen': [...request.headers.keys()].join() } })
  })
  server.route({ ...common, path: '/fetch/*', handle: fetched })
  port = await server.listen('127.0.0.1', 0)
  url = `http://127.0.0.1:${port}`
})
after(() => {
  server.stopListening()
  server.close()
})

function endlessBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      stream.pulled += chunk.length
      await sleep(0)
      controller.enqueue(chunk)
    },
    cancel() {
      stream.cancelled++
    },
  })
}

/** 200 pieces of growing sizes; `/finite/broken` breaks after the tenth. */
function finiteBody(path: string): ReadableStream<Uint8Array> {
  let n = 0
  return new ReadableStream({
    pull(controller) {
      if (n === 10 && path.endsWith('broken')) throw new Error('upstream broke')
      if (n === 200) controller.close()
      else controller.enqueue(new Uint8Array(n * 100).fill(n))
      n++
    },
  })
}

async function openSocket(text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** All that comes until the server closes. */
async function readToEnd(socket: Socket): Promise<string> {
  let text = ''
  for await (const part of socket) text += part
  return text
}

const head = (path: string, more = '') => `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${more}\r\n`

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; !condition(); i++) {
    assert.ok(i < 300, `waited in vain: ${what}`)
    await sleep(10)
  }
}

const bodies: [name: string, length: number, status: number][] = [
  ['an empty body', 0, 200],
  ['one byte', 1, 200],
  ['a body as large as the limit', bodyBytes, 200],
  ['a body one byte larger', bodyBytes + 1, 413],
  ['a body far larger', bodyBytes * 20, 413],
]
for (const [name, length, status] of bodies) {
  test(`${name} is answered with ${status}`, async () => {
    const body = new Uint8Array(length).map((_, i) => i)
    const response = await fetch(`${url}/echo?a=b&c`, { method: 'POST', body, headers: { 'X-Mixed-Case': 'Value' } })
    assert.equal(response.status, status)
    if (status !== 200) return assert.equal(await response.text(), 'frame_too_large')
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), body)
    const { method, path, query, headers } = requests.at(-1)!
    assert.deepEqual([method, path, query, headers.get('x-mixed-case')], ['POST', '/echo', 'a=b&c', 'Value'])
  })
}

test('a body in pieces without a declared length is bounded too', async () => {
  const socket = await openSocket(head('/echo', 'transfer-encoding: chunked\r\n'))
  const piece = `${(10_000).toString(16)}\r\n${'x'.repeat(10_000)}\r\n`
  for (let i = 0; i < 11; i++) socket.write(piece)
  assert.match(await readToEnd(socket), /^HTTP\/1\.1 413 Content Too Large\r\n[\s\S]*frame_too_large$/)
})

test('a declared length beyond the limit is refused before the body comes, and the connection ends', async () => {
  const socket = await openSocket(head('/echo', `content-length: ${bodyBytes + 1}\r\n`))
  assert.match(await readToEnd(socket), /^HTTP\/1\.1 413 /)
})

test('a body that stops half way is given up after its deadline', async () => {
  const started = performance.now()
  const socket = await openSocket(`${head('/echo', 'content-length: 1000\r\n')}half`)
  assert.match(await readToEnd(socket), /^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*request_timeout$/)
  const tookMs = performance.now() - started
  assert.ok(tookMs > bodyTimeoutMs * 0.9 && tookMs < bodyTimeoutMs * 4, `${tookMs}`)
})

test('a byte now and then does not renew the deadline', async () => {
  const socket = await openSocket(head('/echo', 'content-length: 1000\r\n'))
  const drip = setInterval(() => socket.write('x'), bodyTimeoutMs / 10)
  const started = performance.now()
  const text = await readToEnd(socket)
  clearInterval(drip)
  assert.match(text, /^HTTP\/1\.1 408 /)
  assert.ok(performance.now() - started < bodyTimeoutMs * 4)
})

test('a long body that makes progress takes the time it needs', async () => {
  const length = 17_000 * 5
  const socket = await openSocket(head('/echo', `content-length: ${length}\r\nconnection: close\r\n`))
  for (let i = 0; i < 5; i++) {
    await sleep(bodyTimeoutMs * 0.6)
    socket.write('x'.repeat(17_000))
  }
  const [first] = (await once(socket, 'data')) as [Buffer]
  assert.match(first.toString(), new RegExp(`^HTTP/1\\.1 200 OK\r\n[sS]*x-length: ${length}`))
  socket.destroy()
})

test('a client that goes away within its body never reaches the handler', async () => {
  const [seen, failed] = [requests.length, errors.length]
  const socket = await openSocket(`${head('/echo', 'content-length: 1000\r\n')}half`)
  await sleep(50)
  socket.destroy()
  await until(() => errors.length > failed, 'the body to end')
  assert.equal(requests.length, seen)
  assert.match(String(errors.at(-1)), /the client is gone/)
})

test('a handler hears that its client is gone, and its late answer harms nobody', async () => {
  const heard = new Promise<void>((resolve) => {
    slowAborted = resolve
  })
  const socket = await openSocket(head('/slow', 'content-length: 0\r\n'))
  await sleep(50)
  socket.destroy()
  await heard
  assert.equal((await fetch(`${url}/echo`)).status, 200)
})

const thrown: [path: string, status: number, body: string][] = [
  ['/throws/refusal', 507, 'log_full'],
  ['/throws/fault', 500, 'fault'],
]
for (const [path, status, body] of thrown) {
  test(`what a handler throws at ${path} is answered with ${status}`, async () => {
    const response = await fetch(url + path)
    assert.deepEqual([response.status, await response.text()], [status, body])
  })
}

test('requests one after the other on one connection each get their own answer', async () => {
  const one = (body: string) => `${head('/echo', `content-length: ${body.length}\r\n`)}${body}`
  const socket = await openSocket(one('first') + one('second') + one('third'))
  let text = ''
  socket.on('data', (part) => {
    text += part
  })
  await until(() => text.includes('third'), 'all answers')
  assert.deepEqual(text.match(/first|second|third/g), ['first', 'second', 'third'])
  socket.destroy()
})

test('an answer to HEAD has no body, whatever the handler answers', async () => {
  for (const path of ['/finite/whole', '/fetch/a', '/echo']) {
    const socket = await openSocket(`HEAD ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`)
    let text = ''
    socket.on('data', (piece) => {
      text += piece
    })
    await until(() => text.includes('\r\n\r\n'), `the head of ${path}`)
    await sleep(30)
    assert.match(text, /^HTTP\/1.1 (200|418) /)
    assert.equal(text.indexOf('\r\n\r\n'), text.length - 4)
    socket.destroy()
  }
})

test('a streamed body arrives whole and in order', async () => {
  const response = await fetch(`${url}/finite/whole`)
  const bytes = new Uint8Array(await response.arrayBuffer())
  let at = 0
  for (let n = 0; n < 200; n++)
    for (let i = 0; i < n * 100; i++) if (bytes[at++] !== n) assert.fail(`byte ${at} of piece ${n}`)
  assert.equal(bytes.length, at)
})

test('a stream that breaks breaks the connection, so that nobody takes half of it for the whole', async () => {
  const read = async () => await (await fetch(`${url}/finite/broken`)).arrayBuffer()
  await assert.rejects(read)
})

test('a client that does not read holds up the stream in bounded memory; when it leaves, the stream ends', async () => {
  Object.assign(stream, { pulled: 0, cancelled: 0 })
  const socket = await openSocket(head('/stream', 'content-length: 0\r\n'))
  socket.pause()
  let before = -1
  await until(() => {
    const steady = stream.pulled > 0 && stream.pulled === before
    before = stream.pulled
    return steady
  }, 'the stream to stand still')
  await sleep(200)
  assert.equal(stream.pulled, before)
  // The kernel's two buffers and one piece of ours.
  assert.ok(before < 16 * 1024 * 1024, `${before}`)
  assert.equal(stream.cancelled, 0)
  socket.resume()
  await until(() => stream.pulled > before + 10 * chunk.length, 'the stream to go on')
  socket.destroy()
  await until(() => stream.cancelled === 1, 'the stream to be cancelled')
})

test('a client that leaves while the stream stands still ends it too', async () => {
  Object.assign(stream, { pulled: 0, cancelled: 0 })
  const socket = await openSocket(head('/stream', 'content-length: 0\r\n'))
  socket.pause()
  await sleep(300)
  socket.destroy()
  await until(() => stream.cancelled === 1, 'the stream to be cancelled')
  const { pulled } = stream
  await sleep(50)
  assert.ok(stream.pulled <= pulled)
})

const onceBytes = 20_000_000

/** One chunk, and then nothing for as long as the client stays. */
const bodyOfOneChunk = () =>
  new ReadableStream<Uint8Array>({ start: (it) => it.enqueue(new Uint8Array(onceBytes).fill(7)) }, { highWaterMark: 0 })

test('what a slow client is still to get of a stream comes, though the stream has nothing new', async () => {
  const socket = await openSocket(head('/once', 'content-length: 0\r\n'))
  let sevens = 0
  socket.on('data', (bytes: Buffer) => {
    for (const byte of bytes) if (byte === 7) sevens++
  })
  socket.pause()
  await sleep(200)
  socket.resume()
  for (let wait = 0; wait < 500 && sevens < onceBytes; wait++) await sleep(10)
  assert.equal(sevens, onceBytes)
  socket.destroy()
})

test('a fetch handler sees method, path, query, body and the headers that are meant for it', async () => {
  const headers = { 'content-type': 'text/plain', 'x-request-id': '7', 'x-other': 'no', cookie: 'no' }
  const response = await fetch(`${url}/fetch/a%20b?x=1`, { method: 'PUT', body: 'hé', headers })
  assert.equal(response.status, 418)
  assert.equal(await response.text(), 'PUT /fetch/a%20b?x=1 hé')
  const seen = response.headers.get('x-seen')!.split(',')
  assert.ok(seen.includes('x-request-id') && seen.includes('content-type'))
  assert.ok(!seen.includes('x-other') && !seen.includes('cookie'))
})

test('a port that is taken is refused with a sentence', async () => {
  const second = createHttpServer({ onError: () => ({ status: 500 }) })
  await assert.rejects(second.listen('127.0.0.1', port), /is the port taken/)
})
