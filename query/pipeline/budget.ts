import { limits } from '../../schema/limits.ts'
import { type ReadOptions, type StoreReader, StoreTrouble } from '../../schema/store.ts'
import { failure } from '../failures.ts'

/** What is left to the request that asks: all of its fields share it, so that aliases do not multiply it. */
export type Budget = {
  /** Before points are read at full resolution. @throws TOO_COSTLY */
  read(points: number): void
  /** Before times of single points are looked up. @throws TOO_COSTLY */
  lookUp(points: number): void
}

/** How the points of one request are read. */
export type Reading = {
  readonly reader: StoreReader
  readonly readOptions: ReadOptions
  readonly budget: Budget
}

export function createBudget(): Budget {
  let [points, times] = [0, 0]
  return {
    read(more) {
      points += more
      const most = limits.pointsReadPerQuestion
      if (points <= most) return
      throw failure(
        'TOO_COSTLY',
        `the curves are computed from ${points} points, and at most ${most} are read for one question; ask for fewer steps, series or metrics, or for M4 by step without smoothing, which the store computes`,
      )
    },
    lookUp(more) {
      times += more
      const most = limits.timesLookedUp
      if (times <= most) return
      throw failure(
        'TOO_COSTLY',
        `times of ${times} points would have to be looked up; at most ${most} are: ask for fewer buckets or series, or leave out the times`,
      )
    },
  }
}

/** Options of a question that goes through stored points instead of reading them, and a name for what the store refuses of it. */
export async function lookingThrough<T>(options: ReadOptions, ask: (options: ReadOptions) => Promise<T>): Promise<T> {
  const most = limits.pointsLookedThrough
  try {
    return await ask({ ...options, rowsToRead: most })
  } catch (error) {
    if (!(error instanceof StoreTrouble && error.kind === 'size')) throw error
    throw failure(
      'TOO_COSTLY',
      `more than ${most} stored points would be gone through to find where these curves lie; ask for fewer runs, metrics or steps, or by step and without ranges of time`,
    )
  }
}
