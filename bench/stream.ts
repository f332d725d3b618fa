import { createHash, randomBytes } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { unpack } from 'msgpackr'
import type { Credit } from './connection.ts'
import { clientMessage, createMessageReader, opcodes } from './messages.ts'

/** `/v1/stream` by hand, for a generator that shares its cores with what it measures: bytes out in large writes, answers in place and of many frames at once. */
export type Stream = {
  readonly credit: Credit
  /** Whole messages as a client sends them. `done`: the bytes may be used again. */
  readonly write: (bytes: Uint8Array, done?: () => void) => void
  /** What is written until `uncork` leaves in as few system calls as possible. */
  readonly cork: () => void
  readonly uncork: () => void
  readonly close: () => void
}

export type StreamListener = {
  /** An answer lies in `buffer` from `start` to `end`, during the call. `nowMs`: when it came. */
  readonly onAnswer: (buffer: Buffer, start: number, end: number, nowMs: number) => void
  /** The connection went away by the server's or the network's will. */
  readonly onLost: (reason: string) => void
}

/** All sockets read into it: what comes is worked through before the next read. */
const inbox = Buffer.alloc(256 * 1024)

/** Resolves with the server's hello. */
export function openStream(baseUrl: string, apiKey: string | undefined, listener: StreamListener): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const url = new URL('/v1/stream?acks=ranges', baseUrl)
    const key = randomBytes(16).toString('base64')
    let open = false
    let closing = false
    let nowMs = 0
    let take: (buffer: Buffer, length: number) => void = readUpgrade

    function lost(reason: string): void {
      if (closing) return
      closing = true
      if (open) listener.onLost(reason)
      else reject(new Error(`no connection to ${url}: ${reason}`))
      socket.destroy()
    }

    let head = Buffer.alloc(0)
    function readUpgrade(buffer: Buffer, length: number): void {
      head = Buffer.concat([head, buffer.subarray(0, length)])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      const text = head.toString('latin1', 0, end)
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      if (!text.startsWith('HTTP/1.1 101 ') || !text.includes(accept)) {
        lost(`the server answers ${text.slice(0, text.indexOf('\r\n'))}`)
        return
      }
      take = createMessageReader(onMessage)
      const rest = head.subarray(end + 4)
      take(rest, rest.length)
    }

    function onMessage(opcode: number, buffer: Buffer, start: number, end: number): void {
      if (opcode === opcodes.binary && open) listener.onAnswer(buffer, start, end, nowMs)
      else if (opcode === opcodes.binary) onHello(unpack(Buffer.from(buffer.subarray(start, end))))
      else if (opcode === opcodes.ping) socket.write(clientMessage(opcodes.pong, buffer.subarray(start, end)))
      else if (opcode === opcodes.close) lost(`closed with ${closeReason(buffer.subarray(start, end))}`)
    }

    function onHello(hello: { readonly hello: number } & Credit): void {
      if (hello.hello !== 1) {
        lost(`unknown hello of the server: ${JSON.stringify(hello)}`)
        return
      }
      open = true
      const credit = { frames: hello.frames, bytes: hello.bytes }
      resolve({ credit, write, cork: () => socket.cork(), uncork: () => socket.uncork(), close })
    }

    function write(bytes: Uint8Array, done?: () => void): void {
      socket.write(bytes, done)
    }

    function close(): void {
      closing = true
      socket.write(clientMessage(opcodes.close, Buffer.from([0x03, 0xe8])))
      socket.destroySoon()
    }

    function onBytes(buffer: Buffer, length: number): void {
      nowMs = performance.now()
      try {
        take(buffer, length)
      } catch (error) {
        lost((error as Error).message)
      }
    }

    const socket = dial(url, onBytes)
    socket.setNoDelay(true)
    socket.on('error', (error) => lost(error.message))
    socket.on('close', () => lost('cut'))
    socket.write(upgradeRequest(url, key, apiKey))
  })
}

function dial(url: URL, onBytes: (buffer: Buffer, length: number) => void): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol === 'https:') {
    const secure = connectTls({ host, port: Number(url.port || 443), servername: host })
    return secure.on('data', (bytes: Buffer) => onBytes(bytes, bytes.length))
  }
  const onread = { buffer: inbox, callback: (length: number) => onRead(length) }
  const onRead = (length: number): boolean => {
    onBytes(inbox, length)
    return true
  }
  return connectTcp({ host, port: Number(url.port || 80), onread })
}

function upgradeRequest(url: URL, key: string, apiKey: string | undefined): string {
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `host: ${url.host}`,
    'connection: Upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    `sec-websocket-key: ${key}`,
    ...(apiKey === undefined ? [] : [`authorization: Bearer ${apiKey}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

function closeReason(payload: Buffer): string {
  return payload.length < 2 ? 'no reason' : `${payload.readUInt16BE(0)} ${payload.toString('utf8', 2)}`.trimEnd()
}
