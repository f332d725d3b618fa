import type { PointsBatch } from './points.ts'
import { createPointsSending } from './points-sending.ts'
import type { SinkParts } from './sink.ts'
import { createSortedPoints, giveBackSortedPoints, sortPoints } from './sorted-points.ts'
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
      const sending = createPointsSending(store, columns, token, replayed)
      try {
        if (!isPrepared || columns.rows !== points.rows) sortPoints([points], columns)
        await keepTrying('insert points', () =>
          sending.send(() => {
            halted?.throwIfAborted()
            if (!partition.held()) throw new Error('nobody knows whose the partition is')
          }),
        )
      } finally {
        sending.afterwards(() => {
          if (isPrepared) aheadIsTaken = false
          else pool.giveBack(columns)
        })
      }
    },
  }
}
