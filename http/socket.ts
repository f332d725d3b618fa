import uws from 'uWebSockets.js'
import { Refusal } from '../schema/errors.ts'
import { type HttpAnswer, sendAnswer } from './exchange.ts'

/** One open WebSocket. After `onClose` its methods do nothing. */
export type Socket = {
  send(bytes: Uint8Array): void
  /** Sends what `work` sends in as few packets as possible. */
  cork(work: () => void): void
  /** Closes with a WebSocket close code and a reason of at most 123 bytes. */
  close(code: number, reason: string): void
  ping(): void
}

export type SocketEvents = {
  /** `bytes` are valid only during the call. */
  onMessage(bytes: Buffer, isBinary: boolean): void
  /** An answer to `ping`. */
  onPong(): void
  /** `dropped`: the client sent a message so large that the connection was cut before it was read. */
  onClose(dropped: boolean): void
}

export type SocketHandler = {
  readonly maximumMessageBytes: number
  /** Unsent bytes at which a client that does not read is closed. */
  readonly maximumBufferedBytes: number
  /** Longest life of a connection in minutes, at most 239: with 240 the engine closes every connection within seconds. */
  readonly lifetimeMinutes: number
  /** Before the upgrade. @throws Refusal that is then the answer */
  admit(headers: ReadonlyMap<string, string>): void
  open(socket: Socket): SocketEvents
}

type Data = { socket?: Socket & { gone: boolean }; events?: SocketEvents }

export function socketBehavior(
  handler: SocketHandler,
  onError: (error: unknown) => HttpAnswer,
): uws.WebSocketBehavior<Data> {
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
      const headers = new Map<string, string>()
      request.forEach((name, value) => {
        headers.set(name, value)
      })
      try {
        if (headers.get('sec-websocket-key') === undefined)
          throw new Refusal('wrong_type', 'this path takes WebSocket connections only')
        handler.admit(headers)
      } catch (error) {
        response.onAborted(() => {})
        void sendAnswer({ response, signal: new AbortController().signal }, onError(error))
        return
      }
      response.upgrade<Data>(
        {},
        headers.get('sec-websocket-key') ?? '',
        headers.get('sec-websocket-protocol') ?? '',
        headers.get('sec-websocket-extensions') ?? '',
        context,
      )
    },
    open(ws) {
      const data = ws.getUserData()
      data.socket = wrap(ws)
      data.events = handler.open(data.socket)
    },
    message(ws, message, isBinary) {
      ws.getUserData().events?.onMessage(Buffer.from(message), isBinary)
    },
    pong(ws) {
      ws.getUserData().events?.onPong()
    },
    close(ws, _code, reason) {
      const data = ws.getUserData()
      if (data.socket) data.socket.gone = true
      data.events?.onClose(Buffer.from(reason).toString('latin1').includes('too big'))
    },
  }
}

function wrap(ws: uws.WebSocket<Data>): Socket & { gone: boolean } {
  const socket = {
    gone: false,
    send(bytes: Uint8Array) {
      if (!socket.gone) ws.send(bytes, true)
    },
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
