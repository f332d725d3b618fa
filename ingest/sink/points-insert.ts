import type { PointsBatch } from './points.ts'
import { createPointsSending } from './points-sending.ts'
import type { SinkParts } from './sink.ts'
import { sortPoints } from './sorted-points.ts'
import type { KeepTrying } from './trying.ts'

export type PointsInsert = {
  /**
   * Inserts points as one block under a token, which the store takes once, however often it must be tried. A token that is spent is followed by the
   * next of a row which whoever inserts the block goes through. `replayed`: an earlier process may have inserted it before. If some servers of a store
   * have their part of a block and others do not, only the others get theirs: by then those that have it may have forgotten the token. The rows are
   * made and brought to the store at once, and inserted when `turn` has resolved.
   */
  insert(points: PointsBatch, token: string, replayed: boolean, turn?: Promise<void>): Promise<void>
}

/** `halted`: nothing more is begun once it is aborted. */
export function createPointsInsert(
  { columns: pool, store, partition }: SinkParts,
  keepTrying: KeepTrying,
  halted?: AbortSignal,
): PointsInsert {
  function check(): void {
    halted?.throwIfAborted()
    if (!partition.held()) throw new Error('nobody knows whose the partition is')
  }

  return {
    async insert(points, token, replayed, turn) {
      const columns = turn ? await pool.takeEarly(turn) : await pool.take()
      const sending = createPointsSending(store, columns, replayed)
      try {
        sortPoints([points], columns)
        let spent = 0
        await keepTrying('insert points', async () => {
          const name = spent === 0 ? token : `${token}~${spent}`
          if ((await sending.send(name, check, turn)) === 'stored') return
          spent++
          throw new Error(`the store has the token ${name} without its block; that goes under the next`)
        })
      } finally {
        sending.afterwards(() => pool.giveBack(columns))
      }
    },
  }
}
