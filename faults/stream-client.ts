import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, type Connection, connect } from '../bench/connection.ts'
import { pick } from '../test/random.ts'
import { type Client, type ClientOptions, createBackoff } from './client.ts'
import type { Pending } from './feed.ts'
import { noteRefusal, noteToken } from './ledger.ts'

type InFlight = Pending & { readonly bytes: number; readonly sentMs: number; readonly definedSet: number | undefined }

/** Frames sent in one turn of the event loop, so that answers are read in between. */
const framesPerTurn = 64
const lookMs = 10

/** One WebSocket at a time, with as many frames under way as its credit allows. */
export function createStreamClient(options: ClientOptions): Client {
  const { feed } = options
  const backoff = createBackoff(options.random)
  let stopped = false

  async function work(): Promise<void> {
    while (!stopped && !feed.done()) {
      try {
        await serve(options, () => stopped, backoff.reset)
      } catch {
        // The frames under way are with the feed again; another gateway, or the same, after a pause.
      }
      if (!feed.done()) await sleep(backoff.next())
    }
  }
  return {
    finished: work(),
    stop() {
      stopped = true
    },
  }
}

/** Works on one connection until it ends or there is nothing left to do. */
async function serve(options: ClientOptions, stopped: () => boolean, onAck: () => void): Promise<void> {
  const { feed, ledger, encoder, random } = options
  const inFlight = new Map<number, InFlight>()
  /** Sets that this connection surely knows: a frame that defined them was acknowledged on it. */
  const known = new Set<number>()
  const pauses = createBackoff(random)
  let messages = 0
  let bytes = 0
  let pausedUntilMs = 0
  let scheduled = false
  let lost: string | undefined
  /** What was to be sent in a later turn of the event loop would have no one to wait for its answer. */
  let over = false

  const connection: Connection = await connect(
    pick(random, options.urls),
    undefined,
    {
      onAnswer,
      onLost(reason) {
        lost = reason
      },
    },
    options.answerTimeoutMs,
  )

  function onAnswer(answer: Answer): void {
    const frame = inFlight.get(answer.n)
    if (frame === undefined) return
    inFlight.delete(answer.n)
    bytes -= frame.bytes
    if (answer.ok) {
      noteToken(ledger, answer.at)
      if (frame.definedSet !== undefined) known.add(frame.definedSet)
      feed.acked(frame)
      pauses.reset()
      onAck()
    } else {
      noteRefusal(ledger, answer.error.code)
      if (answer.error.retryable) feed.failed(frame)
      else feed.refused(frame, `${answer.error.code}: ${answer.error.message}`)
      pausedUntilMs = performance.now() + pauses.next()
    }
    schedule()
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      if (lost === undefined && !over && !stopped()) connection.together(sendSome)
    })
  }

  function sendSome(): void {
    const now = performance.now()
    const { credit } = connection
    for (let sent = 0; sent < framesPerTurn; sent++) {
      if (now < pausedUntilMs || inFlight.size >= credit.frames || bytes + 65_536 > credit.bytes) return
      const frame = feed.take()
      if (frame === undefined) return
      const { lane } = frame.of
      const define = !known.has(lane.shape.set)
      const encoded = encoder.msgpack(lane, frame.seq, define)
      // A frame in rows may define nothing; that it does is only assumed of columns.
      const definedSet = define && lane.form === 'columns' ? lane.shape.set : undefined
      inFlight.set(++messages, { ...frame, bytes: encoded.byteLength, sentMs: now, definedSet })
      bytes += encoded.byteLength
      connection.send(encoded)
    }
    schedule()
  }

  try {
    while (lost === undefined && !stopped() && !(feed.done() && inFlight.size === 0)) {
      const [oldest] = inFlight.values()
      if (oldest && performance.now() - oldest.sentMs > options.answerTimeoutMs) throw new Error('no answer in time')
      schedule()
      await sleep(lookMs)
    }
  } finally {
    over = true
    if (lost === undefined && inFlight.size === 0) connection.close()
    else connection.drop()
    for (const frame of inFlight.values()) feed.failed(frame)
    inFlight.clear()
  }
}
