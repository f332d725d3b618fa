import type { Socket } from './socket.ts'

/** A connection of which is known when its client last finished a message or answered a ping, ms of the monotonic clock. */
export type Alive = { readonly socket: Pick<Socket, 'ping' | 'close'>; progressMs: number; pinged: boolean }

/** The client has finished a message or answered a ping. */
export function noteAlive(connection: Alive, nowMs = performance.now()): void {
  connection.progressMs = nowMs
  connection.pinged = false
}

/**
 * Asks quiet clients whether they live, and closes those that neither answer nor finish a message: a client that sends one
 * byte now and then would otherwise hold its connection, and the memory of its half message, for ever.
 */
export function sweep(connections: Iterable<Alive>, timeoutMs: number): void {
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
