import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { logIn } from './login.ts'
import type { KafkaOptions } from './options.ts'
import { type Answer, type RequestKind, requestHead, requests, takeInt16, takeInt32 } from './protocol.ts'

export type Address = { readonly host: string; readonly port: number }

/** A connection to a broker, logged in. It is lost for good after any trouble. */
export type Connection = {
  /**
   * Sends a request once those before it are answered, and resolves with its answer. When it is rejected, the connection is
   * gone, so that nothing of the body is written any more; what was written may have been taken. `room` has the bytes that the
   * answer is put into.
   */
  ask(kind: RequestKind, body: readonly Uint8Array[], room?: Room): Promise<Answer>
  /** False once it is lost, or when the broker is about to take its login for too old. */
  usable(): boolean
  close(): void
}

/** Exactly so many bytes. */
export type Room = (bytes: number) => Buffer

type Waiting = {
  readonly number: number
  readonly room: Room
  resolve(answer: Answer): void
  reject(error: Error): void
}

const connectMs = 3_000
/** Longer than a broker may wait for its replicas, see `replicasMs` in `broker-link.ts`. */
const answerMs = 10_000
/** More than any answer to what is asked here has. */
const answerBytesLimit = 64 * 1024 * 1024
/** The kernel's bytes are taken over through so many of ours, the same for the whole life of a connection. */
const chunkBytes = 128 * 1024

/** @throws Error whatever goes wrong: the broker is away, refuses the login, or is too old */
export async function openConnection(
  address: Address,
  { tls, sasl }: Pick<KafkaOptions, 'tls' | 'sasl'>,
): Promise<Connection> {
  const socket = await openSocket(address, tls, receive)
  let usableUntilMs = Number.POSITIVE_INFINITY
  let waiting: Waiting | undefined
  let lost: Error | undefined
  let last: Promise<unknown> = Promise.resolve()
  let numbers = 0
  /** The size of an answer, then the answer itself. */
  const size = Buffer.alloc(4)
  let sizeBytes = 0
  let answer: Buffer | undefined
  let answerBytes = 0

  function lose(error: Error): void {
    lost ??= error
    socket.destroy()
    waiting?.reject(lost)
    waiting = undefined
  }

  /** The chunk's bytes are another chunk's when this returns. */
  function receive(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !lost; ) {
      if (sizeBytes < 4) {
        size[sizeBytes++] = chunk[at++]!
        continue
      }
      answer ??= roomForAnswer()
      if (!answer) return
      const copied = chunk.copy(answer, answerBytes, at)
      at += copied
      answerBytes += copied
      if (answerBytes === answer.length) finish(answer)
    }
  }

  function roomForAnswer(): Buffer | undefined {
    const bytes = size.readInt32BE()
    if (!waiting) lose(new Error('an answer to nothing asked'))
    else if (bytes < 4 || bytes > answerBytesLimit) lose(new Error('what answers is not a broker of Kafka'))
    return waiting?.room(bytes)
  }

  function finish(bytes: Buffer): void {
    sizeBytes = 0
    answer = undefined
    answerBytes = 0
    // One request is under way, so its answer comes.
    if (bytes.readInt32BE() !== waiting?.number) {
      lose(new Error('an answer to something else'))
      return
    }
    const { resolve } = waiting
    waiting = undefined
    resolve({ bytes, at: 4 })
  }

  function write(kind: RequestKind, body: readonly Uint8Array[], room: Room): Promise<Answer> {
    if (lost) return Promise.reject(lost)
    const number = numbers++ & 0x7fffffff
    let bytes = 0
    for (const part of body) bytes += part.length
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => lose(new Error(`no answer to ${kind.name} in ${answerMs} ms`)), answerMs)
      const settle = () => clearTimeout(timer)
      waiting = {
        number,
        room,
        resolve(answer) {
          settle()
          resolve(answer)
        },
        reject(error) {
          settle()
          reject(error)
        },
      }
      socket.cork()
      socket.write(requestHead(kind, number, bytes))
      for (const part of body) socket.write(part)
      socket.uncork()
    })
  }

  function ask(kind: RequestKind, body: readonly Uint8Array[], room: Room = Buffer.allocUnsafe): Promise<Answer> {
    const answered = last.then(() => write(kind, body, room))
    last = answered.catch(() => {})
    return answered
  }

  socket.on('error', lose)
  socket.on('close', () => lose(new Error('the connection was closed')))
  const openedMs = performance.now()
  try {
    checkVersions(await ask(requests.apiVersions, []))
    const lifetimeMs = sasl ? await logIn(ask, sasl) : 0
    // In time for the last request before to be answered.
    if (lifetimeMs > 0) usableUntilMs = openedMs + Math.max(lifetimeMs / 2, lifetimeMs - 2 * answerMs)
  } catch (error) {
    lose(error as Error)
    throw error
  }
  return {
    ask,
    usable: () => lost === undefined && performance.now() < usableUntilMs,
    close: () => lose(new Error('the connection was closed here')),
  }
}

function openSocket(
  { host, port }: Address,
  tls: KafkaOptions['tls'],
  receive: (chunk: Buffer) => void,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const settings = { host, port, noDelay: true, keepAlive: true }
    const servername = isIP(host) ? {} : { servername: host }
    const buffer = Buffer.allocUnsafe(tls === false ? chunkBytes : 0)
    const callback = (bytes: number) => {
      receive(buffer.subarray(0, bytes))
      return true
    }
    const socket =
      tls === false
        ? connectPlain({ ...settings, onread: { buffer, callback } })
        : connectTls({ ...settings, ...servername, ...(tls === true ? {} : tls) }).on('data', receive)
    const fail = (error: Error) => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(() => fail(new Error(`no connection to ${host}:${port} in ${connectMs} ms`)), connectMs)
    socket.once('error', fail)
    socket.once(tls === false ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}

function checkVersions(answer: Answer): void {
  if (takeInt16(answer) !== 0) throw new Error('Kafka does not say what it knows')
  const known = new Map<number, readonly [from: number, to: number]>()
  for (let count = takeInt32(answer); count > 0; count--) {
    known.set(takeInt16(answer), [takeInt16(answer), takeInt16(answer)])
  }
  for (const { name, key, version } of Object.values(requests)) {
    const [from, to] = known.get(key) ?? [0, -1]
    // Logging in is not offered where nobody has to.
    const needed = key !== requests.saslHandshake.key && key !== requests.saslAuthenticate.key
    if ((needed || known.has(key)) && (version < from || version > to)) {
      throw new Error(`this Kafka knows ${name} in the versions ${from} to ${to}; ${version} is needed`)
    }
  }
}
