import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { type WebSocket, WebSocketServer } from 'ws'
import { clientMessage, createMessageReader, opcodes } from './messages.ts'
import { openStream } from './stream.ts'

/** A server's message: without a mask. */
function serverMessage(payload: Buffer, opcode: number = opcodes.binary): Buffer {
  const head = [0x80 | opcode, payload.length < 126 ? payload.length : payload.length < 65_536 ? 126 : 127]
  const size = Buffer.alloc(payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8)
  if (size.length > 0) size.writeUIntBE(payload.length, Math.max(0, size.length - 6), Math.min(6, size.length))
  return Buffer.concat([Buffer.from(head), size, payload])
}

const sizes = [0, 1, 125, 126, 200, 255, 256, 257, 1_000, 65_535, 65_536, 70_000]
const payloads = sizes.map((size, i) => Buffer.alloc(size, i + 1))
const stream = Buffer.concat(payloads.map((payload) => serverMessage(payload)))

for (const piece of [1, 2, 3, 7, 100, 255, 256, 257, 1_000, 65_536, 1_000_000]) {
  test(`messages that come in pieces of ${piece} bytes are the same messages`, () => {
    const found: Buffer[] = []
    const take = createMessageReader((opcode, buffer, start, end) => {
      assert.equal(opcode, opcodes.binary)
      found.push(Buffer.from(buffer.subarray(start, end)))
    })
    const inbox = Buffer.alloc(piece)
    for (let at = 0; at < stream.length; at += piece) {
      const length = stream.copy(inbox, 0, at, Math.min(stream.length, at + piece))
      take(inbox, length)
      inbox.fill(0xee)
    }
    assert.deepEqual(found, payloads)
  })
}

test('what our server never sends is an error', () => {
  const take = (bytes: number[]) => () => createMessageReader(() => {}, 1_000)(Buffer.from(bytes), bytes.length)
  assert.throws(take([0x02, 0x01, 0x00]), /fragments/)
  assert.throws(take([0x80, 0x01, 0x00]), /fragments/)
  assert.throws(take([0x82, 0x81, 0, 0, 0, 0, 0]), /masked/)
  assert.throws(take([0x82, 126, 0x04, 0x00]), /1024 bytes/)
})

test('a library for WebSockets reads what is written by hand, and is answered when it pings', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const connected = once(server, 'connection') as Promise<[WebSocket]>
  const hello = Buffer.from('83a568656c6c6f01a66672616d657304a56279746573cd0400', 'hex')
  server.once('connection', (socket: WebSocket) => socket.send(hello))
  let tellLost: (reason: string) => void = () => {}
  const lost = new Promise<string>((resolve) => {
    tellLost = resolve
  })
  const answers: string[] = []
  const stream = await openStream(`http://127.0.0.1:${port}`, undefined, {
    onAnswer: (buffer, start, end) => void answers.push(buffer.toString('latin1', start, end)),
    onLost: (reason) => tellLost(reason),
  })
  assert.deepEqual(stream.credit, { frames: 4, bytes: 1_024 })
  const [socket] = await connected
  const received: Buffer[] = []
  socket.on('message', (data: Buffer) => void received.push(Buffer.from(data)))
  for (const payload of payloads) stream.write(clientMessage(opcodes.binary, payload))
  const pong = once(socket, 'pong') as Promise<[Buffer]>
  socket.ping('are you there')
  assert.equal((await pong)[0].toString(), 'are you there')
  assert.deepEqual(received, payloads)
  socket.send('an answer', { binary: true })
  socket.close(4_408, 'request_timeout')
  assert.equal(await lost, 'closed with 4408 request_timeout')
  assert.deepEqual(answers, ['an answer'])
  server.close()
})

test('a server that refuses is told about', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', verifyClient: () => false })
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const listener = { onAnswer() {}, onLost() {} }
  await assert.rejects(openStream(url, undefined, listener), /HTTP\/1.1 401 Unauthorized/)
  server.close()
})
