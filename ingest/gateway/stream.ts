import { pack } from 'msgpackr'
import type { Socket, SocketEvents, SocketHandler } from '../../http/socket.ts'
import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import type { Ticket } from './batcher.ts'
import type { Waiting } from './deadlines.ts'
import {
  type ConnectionSets,
  createConnectionSets,
  decodeFrame,
  releaseConnectionSets,
  salvageSeq,
  tooLarge,
} from './frame.ts'
import { describeError, errorBody, type Gateway } from './gateway.ts'

/** One producer's connection. */
type Connection = {
  readonly socket: Socket
  readonly sets: ConnectionSets
  /** Messages received, which `n` in the answers counts. */
  messages: number
  framesInFlight: number
  bytesInFlight: number
  /** When the client last finished a message or answered a ping, ms of the monotonic clock. */
  progressMs: number
  pinged: boolean
  /** Answers that wait for the end of this turn, to go out in one packet. */
  readonly answers: Uint8Array[]
}

export type StreamDoor = SocketHandler & {
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
  const answering = new Set<Connection>()
  const hello = pack({
    hello: 1,
    frames: limits.connectionFramesInFlight,
    bytes: limits.connectionBytesInFlight,
    frameBytes: limits.frameBytes,
  })
  const sweeper = setInterval(() => sweep(connections, options.messageTimeoutMs), options.messageTimeoutMs / 4)
  sweeper.unref()

  function answer(connection: Connection, value: unknown): void {
    connection.answers.push(pack(value))
    if (answering.size === 0) setImmediate(sendAnswers)
    answering.add(connection)
  }

  function sendAnswers(): void {
    for (const connection of answering) {
      connection.socket.cork(() => {
        for (const bytes of connection.answers) connection.socket.send(bytes)
      })
      connection.answers.length = 0
    }
    answering.clear()
  }

  function refuse(connection: Connection, error: unknown, seq: number | null, n: number): void {
    const refusal = describeError(error, gateway.counts, gateway.logger)
    answer(connection, { ok: false, seq, n, error: errorBody(refusal) })
  }

  function onFrame(connection: Connection, bytes: Buffer, n: number): void {
    const size = bytes.length
    if (size > limits.frameBytes) throw tooLarge(size)
    const frame = decodeFrame(bytes, gateway.names, connection.sets)
    const seq = frame.seq ?? null
    if (
      connection.framesInFlight >= limits.connectionFramesInFlight ||
      connection.bytesInFlight + size > limits.connectionBytesInFlight
    ) {
      throw new Refusal('too_many_in_flight')
    }
    gateway.admit([frame])
    connection.framesInFlight++
    connection.bytesInFlight += size
    const settle = (): boolean => {
      if (ticket.settled) return false
      ticket.settled = true
      connection.framesInFlight--
      connection.bytesInFlight -= size
      return true
    }
    const ticket: Ticket & Waiting = {
      sinceMs: performance.now(),
      settled: false,
      onDurable(_partition, _offset, token) {
        if (!settle()) return
        gateway.observeAck((performance.now() - ticket.sinceMs) / 1000)
        answer(connection, { ok: true, seq, n, at: token })
      },
      onRefused(refusal) {
        if (settle()) refuse(connection, refusal, seq, n)
      },
      // One answer a frame: what the log says later is not told.
      expire() {
        if (settle()) refuse(connection, new Refusal('outcome_unknown'), seq, n)
      },
    }
    gateway.batcher.add(frame, ticket, gateway.now())
    gateway.deadlines.add(ticket)
  }

  function open(socket: Socket): SocketEvents {
    const connection: Connection = {
      socket,
      sets: createConnectionSets(),
      messages: 0,
      framesInFlight: 0,
      bytesInFlight: 0,
      progressMs: performance.now(),
      pinged: false,
      answers: [],
    }
    connections.add(connection)
    gateway.counts.connections.value++
    socket.send(hello)
    return {
      onMessage(bytes, isBinary) {
        const n = ++connection.messages
        progress(connection)
        gateway.counts.bytes.value += bytes.length
        try {
          if (!isBinary) throw new Refusal('text_message')
          gateway.counts.frames.websocket.value++
          onFrame(connection, bytes, n)
        } catch (error) {
          refuse(connection, error, isBinary ? salvageSeq(bytes) : null, n)
        }
      },
      onPong: () => progress(connection),
      onClose(dropped) {
        if (dropped) gateway.counts.refusals.frame_too_large.value++
        connections.delete(connection)
        answering.delete(connection)
        releaseConnectionSets(connection.sets, gateway.names)
        gateway.counts.connections.value--
      },
    }
  }

  return {
    maximumMessageBytes: readableBytes,
    maximumBufferedBytes: limits.connectionBufferedBytes,
    lifetimeMinutes: options.lifetimeMinutes,
    admit(headers) {
      options.admit(headers)
      if (gateway.draining()) throw new Refusal('shutting_down')
      if (connections.size >= limits.connections) throw new Refusal('too_many_connections')
    },
    open,
    closeAll() {
      sendAnswers()
      for (const connection of [...connections]) connection.socket.close(1001, 'shutting_down')
    },
    stop: () => clearInterval(sweeper),
  }
}

function progress(connection: Connection): void {
  connection.progressMs = performance.now()
  connection.pinged = false
}

/**
 * Asks quiet clients whether they live, and closes those that neither answer nor finish a message: a client that sends one
 * byte now and then would otherwise hold its connection, and the memory of its half message, for ever.
 */
function sweep(connections: Iterable<Connection>, timeoutMs: number): void {
  const now = performance.now()
  for (const connection of [...connections]) {
    const quietMs = now - connection.progressMs
    if (quietMs > timeoutMs) connection.socket.close(4408, 'request_timeout')
    else if (quietMs > timeoutMs / 2 && !connection.pinged) {
      connection.pinged = true
      connection.socket.ping()
    }
  }
}
