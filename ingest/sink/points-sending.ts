import { type PointsColumns, pointsColumns, pointsOfRuns } from './points-columns.ts'
import type { SinkStore } from './sink-store.ts'
import { runsNotStored } from './stored-points.ts'

/** Rows on their way into the store as one block under a token, which the store takes once. */
export type PointsSending = {
  /**
   * One try. After the first only the runs that are not stored go; where none is missing, nothing. `check`: called before anything is sent; may throw.
   */
  send(check: () => void): Promise<void>
  /** Calls back when no try reads the columns any more; it may outlive its sink. */
  afterwards(done: () => void): void
}

/** `mayBeStored`: somebody may have sent it before. */
export function createPointsSending(
  store: SinkStore,
  columns: PointsColumns,
  token: string,
  mayBeStored: boolean,
): PointsSending {
  let sending: Promise<void> = Promise.resolve()
  let looksFirst = mayBeStored
  return {
    async send(check) {
      const missing = looksFirst ? await runsNotStored(store.sinkReader, columns) : undefined
      if (missing?.size === 0) return
      // The look-up may have taken long.
      check()
      looksFirst = true
      const block = missing ? pointsOfRuns(columns, missing) : { rows: columns.rows, columns: pointsColumns(columns) }
      sending = store.insertBlock('points', block.rows, block.columns, token)
      await sending
    },
    afterwards: (done) => void sending.then(done, done),
  }
}
