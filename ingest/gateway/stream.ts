import { pack } from 'msgpackr'
import { noteAlive, sweep } from '../../http/liveness.ts'
import type { Socket, SocketHandler } from '../../http/socket.ts'
import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import { createColumnFrameReader } from './column-frame.ts'
import { type Connection, createSender } from './connection.ts'
import { createConnectionSets, releaseConnectionSets } from './connection-sets.ts'
import { decodeFrame, salvageSeq, tooLarge } from './frame.ts'
import { describeError, errorBody, type Gateway } from './gateway.ts'

export type StreamDoor = SocketHandler<Connection> & {
  /** Tells every producer that the server stops, and closes. */
  closeAll(): void
  /** Ends the timers. */
  stop(): void
}

export type StreamOptions = {
  /** A connection that in this time finishes no message and answers no ping is closed. */
  readonly messageTimeoutMs: number
  readonly lifetimeMinutes: number
  admit(headers: ReadonlyMap<string, string>): void
}

/** A message a little over the limit still gets a named answer; a far larger one ends the connection before it is read. */
const readableBytes = 2 * limits.frameBytes

/** `GET /v1/stream`: each binary message is one frame and gets exactly one answer; see schema/README.md. */
export function createStreamDoor(gateway: Gateway, options: StreamOptions): StreamDoor {
  const connections = new Set<Connection>()
  const credit = {
    hello: 1,
    frames: limits.connectionFramesInFlight,
    bytes: limits.connectionBytesInFlight,
    frameBytes: limits.frameBytes,
  }
  const hello = pack(credit)
  const helloOfRanges = pack({ ...credit, acks: 'ranges' })
  const columns = createColumnFrameReader(gateway.names)
  const sendAnswers = createSender()
  const turn = createTurnClock(gateway.now)
  const sweeper = setInterval(() => sweep(connections, options.messageTimeoutMs), options.messageTimeoutMs / 4)
  sweeper.unref()
  let answering: Connection[] = []

  function answerSoon(connection: Connection): void {
    connection.answering = true
    if (answering.push(connection) === 1) setImmediate(answerAll)
  }

  function answerAll(): void {
    const all = answering
    answering = []
    for (const connection of all) {
      connection.answering = false
      sendAnswers(connection)
    }
  }

  function refuse(connection: Connection, error: unknown, seq: number | null, n: number): void {
    const refusal = describeError(error, gateway.counts, gateway.logger)
    connection.refusals.push(pack({ ok: false, seq, n, error: errorBody(refusal) }))
    if (!connection.answering) answerSoon(connection)
  }

  function onFrame(connection: Connection, message: ArrayBuffer, n: number): void {
    const size = message.byteLength
    if (size > limits.frameBytes) throw tooLarge(size)
    const frame =
      columns.read(new Uint8Array(message), connection.sets) ??
      decodeFrame(Buffer.from(message), gateway.names, connection.sets)
    if (
      connection.framesInFlight >= limits.connectionFramesInFlight ||
      connection.bytesInFlight + size > limits.connectionBytesInFlight
    ) {
      throw new Refusal('too_many_in_flight')
    }
    gateway.admit(frame)
    connection.framesInFlight++
    connection.bytesInFlight += size
    gateway.batcher.add(frame, turn.receivedMs, connection, n, frame.seq ?? -1, size, turn.nowMs)
  }

  function open(socket: Socket, query: string): Connection {
    const ranges = acksOf(query) === 'ranges'
    const connection: Connection = {
      socket,
      ranges,
      sets: createConnectionSets(),
      messages: 0,
      framesInFlight: 0,
      bytesInFlight: 0,
      progressMs: performance.now(),
      pinged: false,
      answering: false,
      ackNumbers: [],
      ackSeqs: [],
      ackPositions: [],
      refusals: [],
      onDurable(n, seq, bytes, position) {
        connection.framesInFlight--
        connection.bytesInFlight -= bytes
        connection.ackNumbers.push(n)
        connection.ackSeqs.push(seq)
        connection.ackPositions.push(position)
        if (!connection.answering) answerSoon(connection)
      },
      onRefused(n, seq, bytes, refusal) {
        connection.framesInFlight--
        connection.bytesInFlight -= bytes
        refuse(connection, refusal, seq < 0 ? null : seq, n)
      },
    }
    connections.add(connection)
    gateway.counts.connections.value++
    socket.send(ranges ? helloOfRanges : hello)
    return connection
  }

  return {
    maximumMessageBytes: readableBytes,
    maximumBufferedBytes: limits.connectionBufferedBytes,
    lifetimeMinutes: options.lifetimeMinutes,
    admit(headers, query) {
      options.admit(headers)
      if (gateway.draining()) throw new Refusal('shutting_down')
      if (connections.size >= limits.connections) throw new Refusal('too_many_connections')
      const acks = acksOf(query)
      if (acks !== null && acks !== 'ranges') throw new Refusal('wrong_type', 'acks can only be ranges')
    },
    open,
    onMessage(connection, message, isBinary) {
      if (!turn.isOn) turn.begin()
      const n = ++connection.messages
      noteAlive(connection, turn.nowMs)
      gateway.counts.bytes.value += message.byteLength
      try {
        if (!isBinary) throw new Refusal('text_message')
        gateway.counts.frames.websocket.value++
        onFrame(connection, message, n)
      } catch (error) {
        refuse(connection, error, isBinary ? salvageSeq(Buffer.from(message)) : null, n)
      }
    },
    onPong: (connection) => noteAlive(connection),
    onClose(connection, dropped) {
      if (dropped) gateway.counts.refusals.frame_too_large.value++
      connections.delete(connection)
      releaseConnectionSets(connection.sets, gateway.names)
      gateway.counts.connections.value--
    },
    closeAll() {
      answerAll()
      for (const connection of [...connections]) connection.socket.close(1001, 'shutting_down')
    },
    stop: () => clearInterval(sweeper),
  }
}

function acksOf(query: string): string | null {
  return query === '' ? null : new URLSearchParams(query).get('acks')
}

/** Both clocks as they were when the first frame of this turn of the event loop came: they are looked at once a turn. */
function createTurnClock(wallClockMs: () => number) {
  const turn = {
    isOn: false,
    nowMs: 0,
    receivedMs: 0,
    begin() {
      turn.isOn = true
      turn.nowMs = performance.now()
      turn.receivedMs = wallClockMs()
      setImmediate(end)
    },
  }
  const end = () => {
    turn.isOn = false
  }
  return turn
}
