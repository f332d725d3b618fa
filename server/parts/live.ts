import { checkOrigin } from '../../http/auth.ts'
import { type Alive, noteAlive, sweep } from '../../http/liveness.ts'
import type { Socket, SocketHandler } from '../../http/socket.ts'
import { type LiveConnection, liveProtocol, type QueryServer } from '../../query/server.ts'
import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import type { Base } from './base.ts'
import type { Doors } from './doors.ts'

/** What is kept of a socket of viewers. */
type Connection = Alive & { readonly socket: Socket; readonly live: LiveConnection }

/** One event may be this large; what slow readers may hold in all is bounded before it is sent. */
const bufferedBytes = 64 * 1024 * 1024

export type LiveDoor = SocketHandler<Connection> & {
  /** Tells every viewer that the server stops, and closes. */
  closeAll(): void
}

/**
 * WebSockets at `/graphql`. The key comes as a header or, from browsers, which cannot send one, as `authorization` in the payload of the first
 * message; pages of other origins are refused before either.
 */
export function createLiveDoor(
  { settings }: Pick<Base, 'settings'>,
  { authorize }: Pick<Doors, 'authorize'>,
  { sockets }: Pick<QueryServer, 'sockets'>,
): LiveDoor {
  const connections = new Set<Connection>()
  const text = new TextDecoder()
  const timeoutMs = settings.MESSAGE_TIMEOUT_MS
  let isOver = false
  const sweeper = setInterval(() => sweep(connections, timeoutMs), timeoutMs / 4)
  sweeper.unref()
  return {
    protocol: liveProtocol,
    maximumMessageBytes: limits.queryBodyBytes,
    maximumBufferedBytes: bufferedBytes,
    lifetimeMinutes: settings.CONNECTION_LIFETIME_MINUTES,
    admit(headers) {
      checkOrigin(headers)
      if (headers.has('authorization')) authorize(headers)
      if (isOver) throw new Refusal('shutting_down')
      if (connections.size >= limits.liveConnections) throw new Refusal('too_many_connections')
    },
    open(socket, _, headers) {
      // A header was looked at when the connection was admitted.
      const check = (authorization: string) => {
        if (!headers.has('authorization')) authorize(new Map([...headers, ['authorization', authorization]]))
      }
      const live = sockets.open(socket, check)
      const connection = { socket, live, progressMs: performance.now(), pinged: false }
      connections.add(connection)
      return connection
    },
    onMessage(connection, message, isBinary) {
      noteAlive(connection)
      if (isBinary) connection.socket.close(4400, 'messages are JSON texts')
      else connection.live.onMessage(text.decode(message))
    },
    onPong: (connection) => noteAlive(connection),
    onDrain: ({ live }) => live.onDrain(),
    onClose(connection) {
      connections.delete(connection)
      connection.live.onClose()
    },
    closeAll() {
      isOver = true
      clearInterval(sweeper)
      for (const { socket } of [...connections]) socket.close(1001, 'shutting_down')
    },
  }
}
