import assert from 'node:assert/strict'
import { createHash, type Hash } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer, request } from 'node:http'
import { createConnection, createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket, WebSocketServer } from 'ws'
import { createLink, type LinkOptions, type ProxyLink } from './proxy.ts'

const closers: (() => unknown)[] = []
after(async () => {
  for (const close of closers.reverse()) await close()
})
const host = '127.0.0.1'

async function until(what: string, holds: () => boolean, timeoutMs = 5_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not in ${timeoutMs} ms: ${what}`)
    await sleep(2)
  }
}

/** A server that sends back what it gets, and what it got. */
async function startEcho() {
  const sockets = new Set<Socket>()
  const got: Buffer[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    socket.on('data', (bytes) => {
      got.push(bytes)
      socket.write(bytes)
    })
    socket.on('end', () => socket.end())
  })
  server.listen(0, host)
  await once(server, 'listening')
  closers.push(() => server.close())
  const { port } = server.address() as { port: number }
  return { port, sockets, text: () => Buffer.concat(got).toString() }
}

async function linkTo(port: number, more: Partial<LinkOptions> = {}): Promise<ProxyLink> {
  const link = await createLink({ name: 'link', target: { host, port }, ...more })
  closers.push(() => link.close())
  return link
}

/** A client: what it got, and how its connection ended. */
async function connect(port: number) {
  const socket = createConnection({ port, host, noDelay: true })
  const client = { socket, text: '', ended: '' }
  socket.setEncoding('utf8').on('data', (text) => {
    client.text += text
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    client.ended ||= error.code ?? error.message
  })
  socket.on('close', () => {
    client.ended ||= 'closed'
  })
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
  return client
}

test('bytes pass both ways, and an end passes as an end', async () => {
  const echo = await startEcho()
  const link = await linkTo(echo.port)
  const client = await connect(link.port)
  client.socket.end('hello')
  await until('closed', () => client.ended === 'closed')
  assert.equal(client.text, 'hello')
  await until('no connection is left', () => link.connected() === 0)
  assert.deepEqual(link.counts, { connections: 1, cutBeforeAnswer: 0, cutAfterAnswer: 0, cut: 0 })
})

test('a cut resets every connection at both ends', async () => {
  const echo = await startEcho()
  const link = await linkTo(echo.port)
  const clients = await Promise.all([connect(link.port), connect(link.port)])
  await until('they are through', () => echo.sockets.size === 2)
  link.cut()
  await until('reset', () => clients.every(({ ended }) => ended === 'ECONNRESET'))
  await until('gone from the server', () => echo.sockets.size === 0)
  assert.equal(link.counts.cut, 2)
  assert.equal(link.connected(), 0)
})

test('a cut before the answer lets the whole request through', async () => {
  const echo = await startEcho()
  const link = await linkTo(echo.port)
  link.cutBeforeAnswer(2)
  for (const name of ['first', 'second']) {
    const client = await connect(link.port)
    client.socket.write(name)
    await until('reset', () => client.ended === 'ECONNRESET')
    assert.equal(client.text, '')
  }
  assert.equal(echo.text(), 'firstsecond')
  const third = await connect(link.port)
  third.socket.end('third')
  await until('answered', () => third.text === 'third')
  assert.equal(link.counts.cutBeforeAnswer, 2)
})

test('a cut after the answer passes it on', async () => {
  const echo = await startEcho()
  const link = await linkTo(echo.port)
  link.cutAfterAnswer(1)
  const client = await connect(link.port)
  client.socket.write('question')
  await until('ended', () => client.ended !== '')
  assert.deepEqual([client.text, client.ended], ['question', 'closed'])
  await until('gone from the server', () => echo.sockets.size === 0)
  assert.equal(link.counts.cutAfterAnswer, 1)
})

test('a stall holds everything back, old connections and new ones, until it opens', async () => {
  const echo = await startEcho()
  const link = await linkTo(echo.port)
  const old = await connect(link.port)
  old.socket.write('a')
  await until('through', () => old.text === 'a')
  link.stall()
  const young = await connect(link.port)
  old.socket.write('b')
  young.socket.write('c')
  await sleep(150)
  assert.deepEqual([old.text, young.text, echo.text(), old.ended, young.ended], ['a', '', 'a', '', ''])
  link.open()
  await until('both are through', () => old.text === 'ab' && young.text === 'c')
})

test('a refused link refuses, and opens again on its port', async () => {
  const echo = await startEcho()
  const link = await linkTo(echo.port)
  const old = await connect(link.port)
  for (let round = 0; round < 3; round++) {
    link.refuse()
    link.refuse()
    await until('cut', () => old.ended === 'ECONNRESET')
    assert.equal((await connect(link.port)).ended, 'ECONNREFUSED')
    link.open()
    link.open()
    link.refuse()
    await sleep(20)
    assert.equal((await connect(link.port)).ended, 'ECONNREFUSED', 'opened for a moment only')
    link.open()
    await sleep(20)
    const client = await connect(link.port)
    client.socket.end('again')
    await until('answered', () => client.text === 'again')
  }
})

test('a target that is not there, or goes away, resets the client', async () => {
  const echo = await startEcho()
  const link = await linkTo(echo.port)
  const client = await connect(link.port)
  await until('through', () => echo.sockets.size === 1)
  for (const socket of echo.sockets) socket.resetAndDestroy()
  await until('reset', () => client.ended === 'ECONNRESET')
  const nowhere = await linkTo(1)
  const lost = await connect(nowhere.port)
  await until('reset', () => lost.ended === 'ECONNRESET')
  assert.equal(link.connected() + nowhere.connected(), 0)
})

test('a WebSocket is cut at an ack, not at its handshake, its greeting or a pong', async () => {
  const server = new WebSocketServer({ port: 0, host })
  closers.push(() => server.close())
  await once(server, 'listening')
  const received: string[] = []
  server.on('connection', (socket) => {
    socket.send(Buffer.from('greeting'))
    socket.on('message', (bytes) => {
      received.push(String(bytes))
      socket.send(Buffer.from(`ack ${bytes}`))
    })
  })
  const { port } = server.address() as { port: number }
  const link = await linkTo(port, { protocol: 'http' })
  for (const [cutBefore, expected] of [
    [true, ['greeting', 'pong']],
    [false, ['greeting', 'pong', `ack ${'y'.repeat(70_000)}`]],
  ] as const) {
    if (cutBefore) link.cutBeforeAnswer(1)
    else link.cutAfterAnswer(1)
    const socket = new WebSocket(`ws://${host}:${link.port}`)
    const got: string[] = []
    let over = false
    socket.on('message', (bytes) => got.push(String(bytes)))
    socket.on('pong', () => got.push('pong'))
    socket.on('error', () => {})
    socket.on('close', () => {
      over = true
    })
    await until('greeted', () => got.length === 1)
    socket.ping()
    await until('ponged', () => got.length === 2)
    socket.send('y'.repeat(70_000))
    await until('over', () => over)
    assert.deepEqual(
      got.map((text) => text.slice(0, 12)),
      expected.map((text) => text.slice(0, 12)),
    )
    assert.deepEqual(
      got.map((text) => text.length),
      expected.map((text) => text.length),
    )
  }
  assert.deepEqual(
    received.map((text) => text.length),
    [70_000, 70_000],
  )
})

test('an HTTP response is cut before its first byte, or after its last', async () => {
  const body = 'z'.repeat(300_000)
  const server = createHttpServer((asked, response) => {
    asked.resume().on('end', () => {
      response.write(body)
      setTimeout(() => response.end('end'), 5)
    })
  })
  server.listen(0, host)
  await once(server, 'listening')
  closers.push(() => server.closeAllConnections())
  closers.push(() => server.close())
  const link = await linkTo((server.address() as { port: number }).port, { protocol: 'http' })
  const ask = () =>
    new Promise<string>((resolve) => {
      const asked = request({ host, port: link.port, method: 'POST', agent: false }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece) => {
          text += piece
        })
        response.on('error', () => resolve(`cut after ${text.length}`)).on('end', () => resolve(text))
      })
      asked.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
      asked.end('x'.repeat(100_000))
    })
  link.cutBeforeAnswer(1)
  assert.equal(await ask(), 'ECONNRESET')
  link.cutAfterAnswer(1)
  assert.ok((await ask()) === `${body}end`)
  assert.deepEqual([link.counts.cutBeforeAnswer, link.counts.cutAfterAnswer], [1, 1])
  assert.ok((await ask()) === `${body}end`)
})

test('thousands of cuts leave nothing behind', async () => {
  const echo = await startEcho()
  const link = await linkTo(echo.port)
  const handles = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
  const before = handles()
  const rounds = 100
  const each = 30
  for (let round = 0; round < rounds; round++) {
    const clients = await Promise.all(Array.from({ length: each }, () => connect(link.port)))
    // Some are cut with bytes on the way, some before they are through.
    for (const { socket } of clients) socket.write('x'.repeat(20_000))
    if (round % 2 === 0) await until('through', () => clients.some(({ text }) => text.length > 0))
    await until('all are cut', () => {
      // Again, for some may have been accepted by the kernel only.
      link.cut()
      return clients.every(({ ended }) => ended !== '')
    })
  }
  await until('the server has none', () => echo.sockets.size === 0)
  assert.equal(link.connected(), 0)
  assert.equal(link.counts.connections, rounds * each)
  await until('no handle is left', () => handles() <= before)
})

/** Sends so many bytes and hashes what comes at the other end, as fast as both go. */
async function transfer(port: number, size: number, incoming: () => { hash: Hash; bytes: number }): Promise<number> {
  const block = Buffer.alloc(256 * 1024, 'some bytes that are not all alike ')
  const client = await connect(port)
  const started = performance.now()
  for (let sent = 0; sent < size; sent += block.length) {
    if (!client.socket.write(block)) await once(client.socket, 'drain')
  }
  client.socket.end()
  await until('all is there', () => incoming().bytes >= size, 60_000)
  return size / 1e6 / ((performance.now() - started) / 1000)
}

test('a fast writer meets a slow reader: nothing is lost and little is kept', async (t) => {
  let incoming = { hash: createHash('sha1'), bytes: 0 }
  let slow = false
  const server = createServer((socket) => {
    incoming = { hash: createHash('sha1'), bytes: 0 }
    socket.on('data', (bytes) => {
      incoming.bytes += bytes.length
      incoming.hash.update(bytes)
      if (!slow) return
      socket.pause()
      setTimeout(() => socket.resume(), 1)
    })
  })
  server.listen(0, host)
  await once(server, 'listening')
  closers.push(() => server.close())
  const { port } = server.address() as { port: number }
  const link = await linkTo(port, { protocol: 'http' })
  const size = 384 * 1024 * 1024
  const direct = await transfer(port, size, () => incoming)
  const digest = incoming.hash.digest('hex')
  const through = await transfer(link.port, size, () => incoming)
  assert.equal(incoming.hash.digest('hex'), digest)
  t.diagnostic(`direct ${direct.toFixed(0)} MB/s, through the link ${through.toFixed(0)} MB/s (all in one process)`)

  slow = true
  const before = process.memoryUsage().rss
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 10)
  await transfer(link.port, 64 * 1024 * 1024, () => incoming)
  clearInterval(watch)
  assert.equal(incoming.bytes, 64 * 1024 * 1024)
  assert.ok(most - before < 40e6, `grew by ${((most - before) / 1e6).toFixed(0)} MB`)
})
