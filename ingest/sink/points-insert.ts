import type { PointsBatch } from './points.ts'
import { pointsColumns } from './points-columns.ts'
import type { SinkParts } from './sink.ts'
import { sortPoints } from './sorted-points.ts'
import { pointsAreStored } from './stored-points.ts'
import type { KeepTrying } from './trying.ts'

/**
 * Inserts points as one block under a token, which the store takes once, however often it must be tried. `replayed`: an earlier
 * process may have inserted it before.
 */
export function createPointsInsert({ columns: pool, store, partition }: SinkParts, keepTrying: KeepTrying) {
  return async (points: PointsBatch, token: string, replayed: boolean): Promise<void> => {
    const columns = await pool.take()
    let sending: Promise<void> = Promise.resolve()
    try {
      sortPoints(points, columns)
      let mayBeStored = replayed
      await keepTrying('insert points', async () => {
        if (mayBeStored && (await pointsAreStored(store.sinkReader, columns))) return
        // The look-up may have taken long.
        if (!partition.held()) throw new Error('nobody knows whose the partition is')
        mayBeStored = true
        sending = store.insertBlock('points', points.rows, pointsColumns(columns), token)
        await sending
      })
    } finally {
      // When the sink is halted, the last try may still be under way, with this memory.
      const done = () => pool.giveBack(columns)
      void sending.then(done, done)
    }
  }
}
