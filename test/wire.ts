import { connect, type Socket } from 'node:net'
import { pack, Unpackr } from 'msgpackr'
import { WebSocket } from 'ws'
import { fetchFrom, type Server } from './harness.ts'

/** A frame as a client writes it; columns hold bins. */
export type Frame = {
  readonly project?: string
  readonly run?: string
  readonly writer?: string
  readonly seq?: number
  readonly update?: object
  readonly log?: readonly { step: number; time?: number; metrics: Readonly<Record<string, number | string>> }[]
  readonly sets?: readonly (readonly [number, readonly string[]])[]
  readonly cols?: readonly unknown[]
}

export const int64 = (...values: (number | bigint)[]) => Buffer.from(BigInt64Array.from(values, BigInt).buffer)
export const float64 = (...values: number[]) => Buffer.from(Float64Array.from(values).buffer)
export const float32 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer)

const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' })
export const unpack = (bytes: Uint8Array): unknown => unpackr.unpack(bytes)
export { pack }

export type Problem = { code: string; message: string; retryable: boolean; frame?: number; logged?: number[] }
export type Posted = { status: number; at: string; frames: number; error: Problem | undefined }

/** `POST /v1/frames` with a body as it is. */
export async function postBody(
  server: Server,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<Posted> {
  const bytesOrText = typeof body === 'string' ? body : Uint8Array.from(body)
  const response = await fetchFrom(server, '/v1/frames', { method: 'POST', headers, body: bytesOrText })
  const content = Buffer.from(await response.arrayBuffer())
  const isMsgpack = response.headers.get('content-type') === 'application/msgpack'
  const answer = (isMsgpack ? unpack(content) : JSON.parse(content.toString())) as Omit<Posted, 'status'>
  return { ...answer, status: response.status }
}

export const postJson = (server: Server, frames: unknown) =>
  postBody(server, typeof frames === 'string' ? frames : JSON.stringify(frames), { 'content-type': 'application/json' })

export const postMsgpack = (server: Server, frames: unknown) =>
  postBody(server, frames instanceof Uint8Array ? frames : pack(frames), {
    'content-type': 'application/msgpack',
    accept: 'application/msgpack',
  })

export type Answer = { ok: boolean; seq: number | null; n: number; at: string; error: Problem | undefined }
export type Closed = { readonly code: number; readonly reason: string }
/** The connection ended before the answer came. */
export class Lost extends Error {}

/** One producer's WebSocket. Answers are matched to messages by `n`. */
export type Stream = {
  readonly hello: { hello: number; frames: number; bytes: number; frameBytes: number }
  /** Sends one message (a text when it is a string) and resolves with its answer. @throws Lost */
  send(message: object | string): Promise<Answer>
  /** Sends messages with as few writes as there can be, so that they arrive faster than they can be read. @throws Lost */
  sendTogether(messages: readonly object[]): Promise<Answer[]>
  readonly closed: Promise<Closed>
  close(): void
}

export function openStream(server: Server, headers: Readonly<Record<string, string>> = {}): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/stream`, { headers, perMessageDeflate: false })
    const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>()
    let sent = 0
    let gone: Closed | undefined
    const closed = new Promise<Closed>((tell) => {
      socket.on('close', (code, reason) => {
        gone = { code, reason: reason.toString() }
        for (const { reject } of waiting.values()) reject(new Lost(`closed with ${code} ${gone.reason}`))
        waiting.clear()
        tell(gone)
        reject(new Lost(`closed with ${code} ${gone.reason}`))
      })
    })
    socket.on('error', reject)
    let tcp: Socket
    socket.once('upgrade', (response) => (tcp = response.socket))
    socket.once('message', (hello: Buffer) => {
      socket.on('message', (data: Buffer) => {
        const answer = unpack(data) as Answer
        const waiter = waiting.get(answer.n)
        if (!waiter) throw new Error(`an answer nobody waits for: ${JSON.stringify(answer)}`)
        waiting.delete(answer.n)
        waiter.resolve(answer)
      })
      const send = (message: object | string): Promise<Answer> => {
        const plain = typeof message === 'string' || message instanceof Uint8Array
        const n = ++sent
        return new Promise((resolve, reject) => {
          if (gone) return reject(new Lost(`closed with ${gone.code}`))
          waiting.set(n, { resolve, reject })
          socket.send(plain ? message : pack(message), () => {})
        })
      }
      resolve({
        hello: unpack(hello) as Stream['hello'],
        send,
        sendTogether(messages) {
          tcp.cork()
          const answers = messages.map(send)
          tcp.uncork()
          return Promise.all(answers)
        },
        closed,
        close: () => socket.close(1000),
      })
    })
  })
}

/** A bare TCP connection that keeps all it receives. */
export type RawConnection = { readonly socket: Socket; received(): Buffer; readonly closed: Promise<void> }

export function openRaw(server: Server): RawConnection {
  const socket = connect(server.port, '127.0.0.1').setNoDelay(true)
  const pieces: Buffer[] = []
  socket.on('data', (piece) => pieces.push(piece))
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return { socket, received: () => Buffer.concat(pieces), closed }
}

export const upgradeRequest = [
  'GET /v1/stream HTTP/1.1',
  'Host: test',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  '\r\n',
].join('\r\n')
