import uws from 'uWebSockets.js'
import { Refusal } from '../schema/errors.ts'
import { type HttpAnswer, sendAnswer } from './exchange.ts'

/** One open WebSocket. After `onClose` its methods do nothing. */
export type Socket = {
  send(bytes: Uint8Array): void
  /** Sends UTF-8 as a text message. */
  sendText(text: string | Uint8Array): void
  /** Bytes that were sent and not taken by the network yet. */
  unsentBytes(): number
  /** Sends what `work` sends in as few packets as possible. */
  cork(work: () => void): void
  /** Closes with a WebSocket close code and a reason of at most 123 bytes. */
  close(code: number, reason: string): void
  ping(): void
}

/** What happens on the sockets of one path; `C` is what the handler keeps of each. */
export type SocketHandler<C> = {
  /** The subprotocol that clients must offer, if it has one. */
  readonly protocol?: string
  readonly maximumMessageBytes: number
  /** Unsent bytes at which a client that does not read is closed. */
  readonly maximumBufferedBytes: number
  /** Longest life of a connection in minutes, at most 239: with 240 the engine closes every connection within seconds. */
  readonly lifetimeMinutes: number
  /** Before the upgrade; `query` without the question mark. @throws Refusal that is then the answer */
  admit(headers: ReadonlyMap<string, string>, query: string): void
  /** `headers` are those of the upgrade. */
  open(socket: Socket, query: string, headers: ReadonlyMap<string, string>): C
  /** `message` is valid only during the call. */
  onMessage(connection: C, message: ArrayBuffer, isBinary: boolean): void
  /** An answer to `ping`. */
  onPong(connection: C): void
  /** Some or all of what was unsent is sent. */
  onDrain?(connection: C): void
  /** `dropped`: the client sent a message so large that the connection was cut before it was read. */
  onClose(connection: C, dropped: boolean): void
}

/** What the engine's object of a socket has of ours, put there before the first event. */
type Data<C> = {
  query: string
  headers: ReadonlyMap<string, string>
  socket?: Socket & { gone: boolean }
  connection?: C
}

/** Stands for those of the upgrade once they are of no use: a connection lives long. */
const noHeaders: ReadonlyMap<string, string> = new Map()

export function socketBehavior<C>(
  handler: SocketHandler<C>,
  onError: (error: unknown) => HttpAnswer,
): uws.WebSocketBehavior<Data<C>> {
  return {
    maxPayloadLength: handler.maximumMessageBytes,
    maxBackpressure: handler.maximumBufferedBytes,
    // The type says number, the engine takes a boolean: both read as true.
    closeOnBackpressureLimit: 1,
    maxLifetime: handler.lifetimeMinutes,
    idleTimeout: 120,
    sendPingsAutomatically: true,
    compression: uws.DISABLED,
    upgrade(response, request, context) {
      const query = request.getQuery() ?? ''
      const headers = new Map<string, string>()
      request.forEach((name, value) => {
        headers.set(name, value)
      })
      try {
        if (headers.get('sec-websocket-key') === undefined)
          throw new Refusal('wrong_type', 'this path takes WebSocket connections only')
        if (handler.protocol !== undefined && !offers(headers, handler.protocol))
          throw new Refusal('wrong_type', `this path takes WebSocket connections of subprotocol ${handler.protocol}`)
        handler.admit(headers, query)
      } catch (error) {
        response.onAborted(() => {})
        void sendAnswer({ response, signal: new AbortController().signal }, onError(error))
        return
      }
      response.upgrade<Data<C>>(
        { query, headers },
        headers.get('sec-websocket-key') ?? '',
        handler.protocol ?? headers.get('sec-websocket-protocol') ?? '',
        headers.get('sec-websocket-extensions') ?? '',
        context,
      )
    },
    open(ws) {
      const data = ws.getUserData()
      data.socket = wrap(ws)
      data.connection = handler.open(data.socket, data.query, data.headers)
      data.headers = noHeaders
    },
    message(ws, message, isBinary) {
      // The engine's own object of the socket is its user data; asking for it is a call into the engine for each message.
      handler.onMessage((ws as unknown as Data<C>).connection as C, message, isBinary)
    },
    drain(ws) {
      const { connection, socket } = ws.getUserData()
      if (connection === undefined || !handler.onDrain) return
      // Not within the engine's own call: what is sent in it is put behind the others, and lies there until something else is sent.
      setImmediate(() => {
        if (!socket?.gone) handler.onDrain?.(connection)
      })
    },
    pong(ws) {
      handler.onPong(ws.getUserData().connection as C)
    },
    close(ws, _code, reason) {
      const data = ws.getUserData()
      if (data.socket) data.socket.gone = true
      if (data.connection !== undefined)
        handler.onClose(data.connection, Buffer.from(reason).toString('latin1').includes('too big'))
    },
  }
}

const offers = (headers: ReadonlyMap<string, string>, protocol: string) =>
  (headers.get('sec-websocket-protocol') ?? '').split(',').some((one) => one.trim() === protocol)

function wrap<C>(ws: uws.WebSocket<Data<C>>): Socket & { gone: boolean } {
  const socket = {
    gone: false,
    send(bytes: Uint8Array) {
      if (!socket.gone) ws.send(bytes, true)
    },
    sendText(text: string | Uint8Array) {
      if (!socket.gone) ws.send(text, false)
    },
    unsentBytes: () => (socket.gone ? 0 : ws.getBufferedAmount()),
    cork(work: () => void) {
      if (!socket.gone) ws.cork(work)
    },
    close(code: number, reason: string) {
      if (!socket.gone) ws.end(code, reason)
    },
    ping() {
      if (!socket.gone) ws.ping()
    },
  }
  return socket
}
