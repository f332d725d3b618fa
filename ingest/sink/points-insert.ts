import type { PointsBatch } from './points.ts'
import { pointsColumns, pointsOfRuns } from './points-columns.ts'
import type { SinkParts } from './sink.ts'
import { sortPoints } from './sorted-points.ts'
import { runsNotStored } from './stored-points.ts'
import type { KeepTrying } from './trying.ts'

/**
 * Inserts points as one block under a token, which the store takes once, however often it must be tried. `replayed`: an earlier
 * process may have inserted it before. If some servers of a store have their part of a block and others do not, only the others get
 * theirs: by then those that have it may have forgotten the token.
 */
export function createPointsInsert({ columns: pool, store, partition }: SinkParts, keepTrying: KeepTrying) {
  return async (points: PointsBatch, token: string, replayed: boolean): Promise<void> => {
    const columns = await pool.take()
    let sending: Promise<void> = Promise.resolve()
    try {
      sortPoints(points, columns)
      let mayBeStored = replayed
      await keepTrying('insert points', async () => {
        const missing = mayBeStored ? await runsNotStored(store.sinkReader, columns) : undefined
        if (missing?.size === 0) return
        // The look-up may have taken long.
        if (!partition.held()) throw new Error('nobody knows whose the partition is')
        mayBeStored = true
        const block = missing ? pointsOfRuns(columns, missing) : { rows: points.rows, columns: pointsColumns(columns) }
        sending = store.insertBlock('points', block.rows, block.columns, token)
        await sending
      })
    } finally {
      // When the sink is halted, the last try may still be under way, with this memory.
      const done = () => pool.giveBack(columns)
      void sending.then(done, done)
    }
  }
}
