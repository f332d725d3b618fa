import { type PointsColumns, pointsColumns, pointsOfRuns } from './points-columns.ts'
import type { SinkStore } from './sink-store.ts'
import { runsNotStored, tokensOutliveBlocks } from './stored-points.ts'

/**
 * What a try came to: the rows are in the store; or the store knows the token and has none of them. One server writes a token down before the
 * block takes its place, so when it is killed between the two it will take nothing under that token any more.
 */
export type Sent = 'stored' | 'spent'

/** Rows on their way into the store as one block under a token, which the store takes once. */
export type PointsSending = {
  /**
   * One try. After the first only the runs that are not stored go; where none is missing, nothing. `check`: called before anything is sent, and
   * once more when `turn` has resolved, before which nothing is inserted; may throw.
   */
  send(token: string, check: () => void, turn?: Promise<void>): Promise<Sent>
  /** Calls back when no try reads the columns any more; it may outlive its sink. */
  afterwards(done: () => void): void
}

/** `mayBeStored`: somebody may have sent it before. */
export function createPointsSending(store: SinkStore, columns: PointsColumns, mayBeStored: boolean): PointsSending {
  let sending: Promise<void> = Promise.resolve()
  let looksFirst = mayBeStored
  return {
    async send(token, check, turn) {
      const missing = looksFirst ? await runsNotStored(store.sinkReader, columns) : undefined
      if (missing?.size === 0) return 'stored'
      // The look-up may have taken long.
      check()
      looksFirst = true
      const block = missing ? pointsOfRuns(columns, missing) : { rows: columns.rows, columns: pointsColumns(columns) }
      const inTurn = turn && (() => turn.then(check))
      sending = store.insertBlock('points', block.rows, block.columns, token, inTurn)
      await sending
      // A token that nobody has used before is not known.
      if (!missing || !(await tokensOutliveBlocks(store.sinkReader))) return 'stored'
      return (await runsNotStored(store.sinkReader, columns)).size === 0 ? 'stored' : 'spent'
    },
    afterwards: (done) => void sending.then(done, done),
  }
}
