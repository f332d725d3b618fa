import type { PointsBatch } from './points.ts'
import { pointsColumns, pointsOfRuns } from './points-columns.ts'
import type { SinkParts } from './sink.ts'
import { createSortedPoints, giveBackSortedPoints, sortPoints } from './sorted-points.ts'
import { runsNotStored } from './stored-points.ts'
import type { KeepTrying } from './trying.ts'

export type PointsInsert = {
  /**
   * Inserts points as one block under a token, which the store takes once, however often it must be tried. `replayed`: an earlier
   * process may have inserted it before. If some servers of a store have their part of a block and others do not, only the others get
   * theirs: by then those that have it may have forgotten the token.
   */
  insert(points: PointsBatch, token: string, replayed: boolean): Promise<void>
  /** Makes the rows of a full batch, to which nothing is added any more, while the one before is inserted, where nobody else would have that time. */
  prepare(points: PointsBatch): void
  /** Gives the memory of rows back that are not on their way. */
  giveBackMemory(): void
}

/** `halted`: nothing more is begun once it is aborted. */
export function createPointsInsert(
  { columns: pool, store, partition, partitions }: SinkParts,
  keepTrying: KeepTrying,
  halted?: AbortSignal,
): PointsInsert {
  // Where there are several partitions, one's rows are made while another's are inserted. This sink's alone, so whatever ends it, nobody waits for it.
  const ahead = partitions === 1 ? createSortedPoints() : undefined
  let aheadIsTaken = false
  /** The filling whose rows are in `ahead`. */
  let prepared = 0

  return {
    prepare(points) {
      if (!ahead || aheadIsTaken) return
      prepared = points.filling
      aheadIsTaken = true
      sortPoints([points], ahead)
    },
    giveBackMemory() {
      if (ahead && !aheadIsTaken) giveBackSortedPoints(ahead)
      for (const columns of pool.free) giveBackSortedPoints(columns)
    },
    async insert(points, token, replayed) {
      const isPrepared = ahead !== undefined && prepared === points.filling
      const columns = isPrepared ? ahead : await pool.take()
      let sending: Promise<void> = Promise.resolve()
      try {
        if (!isPrepared || columns.rows !== points.rows) sortPoints([points], columns)
        let mayBeStored = replayed
        await keepTrying('insert points', async () => {
          const missing = mayBeStored ? await runsNotStored(store.sinkReader, columns) : undefined
          if (missing?.size === 0) return
          // The look-up may have taken long.
          halted?.throwIfAborted()
          if (!partition.held()) throw new Error('nobody knows whose the partition is')
          mayBeStored = true
          const block = missing
            ? pointsOfRuns(columns, missing)
            : { rows: points.rows, columns: pointsColumns(columns) }
          sending = store.insertBlock('points', block.rows, block.columns, token)
          await sending
        })
      } finally {
        // When the sink is halted, the last try may still be under way, with this memory.
        const done = () => {
          if (isPrepared) aheadIsTaken = false
          else pool.giveBack(columns)
        }
        void sending.then(done, done)
      }
    },
  }
}
