import type { Alive } from '../../http/liveness.ts'
import type { Socket } from '../../http/socket.ts'
import { createAckWriter } from './acks.ts'
import type { Position, Waiter } from './batch.ts'
import type { ConnectionSets } from './connection-sets.ts'

/** One producer's connection. */
export type Connection = Waiter &
  Alive & {
    readonly socket: Socket
    /** Whether acknowledgements come together, as ranges of `n`. */
    readonly ranges: boolean
    readonly sets: ConnectionSets
    /** Messages received, which `n` in the answers counts. */
    messages: number
    framesInFlight: number
    bytesInFlight: number
    /** Whether it has answers that wait for the end of this turn, to go out in one packet. */
    answering: boolean
    /** The acknowledgements among them: `n`, `seq` or -1, and the record. */
    readonly ackNumbers: number[]
    readonly ackSeqs: number[]
    readonly ackPositions: Position[]
    /** All others. */
    readonly refusals: Uint8Array[]
  }

/** Sends what waits on a connection, in as few packets as possible. */
export function createSender(): (connection: Connection) => void {
  const acks = createAckWriter()
  let current: Connection

  function send(): void {
    const { socket, ranges, refusals, ackNumbers, ackSeqs, ackPositions } = current
    for (const refusal of refusals) socket.send(refusal)
    for (let from = 0; from < ackNumbers.length; ) {
      const position = ackPositions[from]!
      let to = from + 1
      if (ranges) {
        while (to < ackNumbers.length && ackPositions[to] === position) to++
        socket.send(acks.many(ackNumbers, from, to, position))
      } else socket.send(acks.one(ackNumbers[from]!, ackSeqs[from]!, position))
      from = to
    }
  }

  return (connection) => {
    current = connection
    connection.socket.cork(send)
    connection.refusals.length = 0
    connection.ackNumbers.length = 0
    connection.ackSeqs.length = 0
    connection.ackPositions.length = 0
  }
}
