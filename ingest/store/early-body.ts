import { atMost } from '../../schema/at-most.ts'
import type { Turn } from './insert.ts'

/** Of a request, in pieces. */
export type Body = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** So long a body may wait at a server, where it holds what others may need, for whose blocks its own may wait. */
export const patienceMs = 1_000

/** The body of an insert that is sent before its turn has come. */
export type EarlyBody = {
  readonly turn: Promise<void>
  /** All but the last byte, which follows when the turn has come: a block that is not whole cannot be inserted. @throws Error when that takes too long */
  pieces(): AsyncIterable<Uint8Array>
  /** Whether it took too long: then the block is to be sent anew, in its turn. */
  isGivenUp(): boolean
}

export function earlyBody(block: readonly Uint8Array[], turn: Turn, patience = patienceMs): EarlyBody {
  const come = turn()
  // Whoever awaits it hears of it.
  come.catch(() => {})
  let givenUp = false
  return {
    turn: come,
    async *pieces() {
      const last = block.at(-1)!
      yield* block.slice(0, -1)
      yield last.subarray(0, -1)
      givenUp = !(await atMost(come, patience))
      if (givenUp) throw new Error('the turn of a block did not come in time')
      yield last.subarray(-1)
    },
    isGivenUp: () => givenUp,
  }
}
