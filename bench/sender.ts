import { unpack } from 'msgpackr'
import { createAck, readAck } from './acks.ts'
import type { Answer, Refused } from './connection.ts'
import { blocksOf } from './dataset.ts'
import { createFlights, type Flight } from './flights.ts'
import { plainFrame } from './frames.ts'
import { clientMessage, opcodes } from './messages.ts'
import { firstFrame, prepareOpenings } from './openings.ts'
import type { Sender, SenderContext } from './sender-context.ts'
import { openStream } from './stream.ts'

const retryAfterMs = 50
/** Unacknowledged frames of all connections of a generator, so that memory has a bound; a connection may have four at least. */
const framesInFlight = 32_768

/** One connection with the frames of every run whose number leaves the remainder `index`. */
export async function createSender(
  baseUrl: string,
  apiKey: string | undefined,
  index: number,
  context: SenderContext,
): Promise<Sender> {
  const { dataset, writer, pool, connections, dueMs } = context
  const { runs } = dataset
  const again: { readonly run: number; readonly block: number; readonly sinceMs: number; readonly withSet: boolean }[] =
    []
  const ack = createAck()
  let { run, block } = firstFrame(context, index)
  let messages = 0
  /** Frames that may be sent yet, as far as they are due. */
  let allowed = dueMs === undefined ? Number.POSITIVE_INFINITY : 0
  /** The first frame defines the metric set; nothing may overtake it. */
  let established = false

  const prepared = prepareOpenings(context, run, block)
  const stream = await openStream(baseUrl, apiKey, { onAnswer, onLost: context.onFailure })
  const { credit } = stream
  const share = Math.max(4, Math.floor(framesInFlight / connections))
  const window = Math.max(1, Math.min(credit.frames, Math.floor(credit.bytes / writer.frameBytes), share))
  const flights = createFlights(window)
  // At will, a few frames more are not worth a write of their own.
  const fewest = dueMs === undefined ? Math.max(1, Math.min(writer.capacity, Math.floor(window / 4))) : 1

  const isLeft = () => allowed > 0 && block < blocksOf(dataset, run)
  const hasCredit = (bytes: number): boolean =>
    flights.count() < window && flights.bytes() + bytes <= credit.bytes && flights.isFree(messages + 1)

  function pump(): void {
    sender.scheduled = false
    if (!established) {
      if (messages === 0) sendOpening()
      return
    }
    while (again.length > 0 && hasCredit(writer.frameBytes)) {
      const { run, block, sinceMs, withSet } = again.shift()!
      sendPlain(run, block, sinceMs, withSet)
    }
    if (window - flights.count() < fewest && flights.count() > 0) return
    if (isLeft() && block === 0) sendOpening()
    else sendBatch()
    if (isLeft() && hasCredit(writer.frameBytes)) context.schedule(sender)
  }

  /** A run's or the connection's first frame. */
  function sendOpening(): void {
    const repeated = again.shift()
    if (repeated !== undefined) {
      sendPlain(repeated.run, repeated.block, repeated.sinceMs, repeated.withSet)
      return
    }
    stream.cork()
    for (let sent = 0; isLeft() && (messages === 0 || block === 0); sent++) {
      if (sent === writer.capacity || !hasCredit(writer.frameBytes)) break
      const withSet = messages === 0
      sendPlain(run, block, sinceOf(block * runs + run, performance.now()), withSet)
      advance()
      if (withSet) break
    }
    stream.uncork()
  }

  function sendPlain(run: number, block: number, sinceMs: number, withSet: boolean): void {
    const ready = withSet ? prepared.first : block === 0 ? prepared.ofRun.get(run) : undefined
    const bytes = ready ?? plainFrame(dataset, run, block, withSet)
    flights.add(++messages, block * runs + run, bytes.length, sinceMs, withSet)
    stream.write(clientMessage(opcodes.binary, bytes))
    context.onSent(bytes.length)
  }

  function sendBatch(): void {
    if (!isLeft() || !hasCredit(writer.frameBytes)) return
    const nowMs = performance.now()
    const place = pool.take()
    let count = 0
    while (count < writer.capacity && isLeft() && hasCredit(writer.frameBytes)) {
      writer.write(place.batch, count++, run, block)
      const frame = block * runs + run
      flights.add(++messages, frame, writer.frameBytes, sinceOf(frame, nowMs), false)
      advance()
    }
    const bytes = count * writer.messageBytes
    stream.write(place.batch.bytes.subarray(0, bytes), place.giveBack)
    context.onSent(count * writer.frameBytes)
  }

  function sinceOf(frame: number, nowMs: number): number {
    return dueMs === undefined ? nowMs : dueMs(frame)
  }

  function advance(): void {
    allowed--
    run += connections
    if (run < runs) return
    run = index
    block++
  }

  function onAnswer(buffer: Buffer, start: number, end: number, nowMs: number): void {
    if (!readAck(buffer, start, end, ack)) {
      onOther(unpack(Buffer.from(buffer.subarray(start, end))) as Answer, nowMs)
      return
    }
    context.onToken(buffer, ack.atStart, ack.atEnd)
    for (let i = 0; i < ack.length; i += 2) {
      for (let n = ack.numbers[i]!; n <= ack.numbers[i + 1]!; n++) if (!acknowledged(n, nowMs)) return
    }
    context.schedule(sender)
  }

  function acknowledged(n: number, nowMs: number): boolean {
    const flight = landed(n)
    if (flight === undefined) return false
    established = true
    context.onAck(flight.frame, flight.sinceMs, nowMs)
    return true
  }

  function landed(n: number): Flight | undefined {
    const flight = flights.take(n)
    if (flight === undefined) context.onFailure(`the server answered message ${n}, which is not in flight`)
    return flight
  }

  /** What is not an acknowledgement as our gateway writes them. */
  function onOther(answer: Answer, nowMs: number): void {
    if (answer.ok) {
      const at = Buffer.from(answer.at, 'latin1')
      context.onToken(at, 0, at.length)
      if (acknowledged(answer.n, nowMs)) context.schedule(sender)
      return
    }
    const flight = landed(answer.n)
    if (flight) refuse(flight.frame, flight.sinceMs, flight.withSet, answer.error)
  }

  function refuse(frame: number, sinceMs: number, withSet: boolean, error: Refused): void {
    if (!error.retryable) {
      context.onFailure(`the server refused a frame: ${error.code}: ${error.message}`)
      return
    }
    context.onRetry()
    setTimeout(() => {
      again.push({ run: frame % runs, block: Math.floor(frame / runs), sinceMs, withSet })
      if (established) context.schedule(sender)
      else sendOpening()
    }, retryAfterMs)
  }

  const sender: Sender = {
    scheduled: false,
    pump,
    allow() {
      allowed++
      context.schedule(sender)
    },
    close: stream.close,
  }
  return sender
}
