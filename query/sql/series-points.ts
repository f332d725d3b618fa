import { withinSteps } from './step-range.ts'
import { createBinder, type Statement } from './text.ts'

/** Several series by their keys and one range of steps, inclusive. */
export type SeriesSet = {
  /** Pair by pair, or with `crossed` each run with each metric. */
  readonly runs: readonly bigint[]
  readonly metrics: readonly bigint[]
  readonly crossed?: boolean
  readonly fromStep: number
  readonly toStep: number
  /** Whether the moments of logging are asked for, too. */
  readonly times?: boolean
}

/** A column of moments, where they are asked for: `times`. */
export const timesColumn = (times: boolean | undefined) => (times ? ', time AS times' : '')

/**
 * The points of short series by run, metric, step, then logging: `run, metric, steps, codes`, and `times` if asked for. Reading stops at `rows`
 * rows. Runs are looked at first: parts that hold none of them are many where there are new ones, and then nothing else is read of them.
 */
export function seriesPoints(set: SeriesSet, rows?: number): Statement {
  const { parameters, bind } = createBinder()
  const [runs, metrics] = [bind('Array(UInt64)', set.runs), bind('Array(UInt64)', set.metrics)]
  const pairs = set.crossed ? undefined : `(run, metric) IN (arrayZip(${runs}, ${metrics}))`
  const conditions = [pairs, withinSteps(set, bind)].filter((condition) => condition !== undefined)
  const sql = `
SELECT run, metric, step AS steps, code AS codes${timesColumn(set.times)}
FROM points
PREWHERE run IN ${runs}${set.crossed ? ` AND metric IN ${metrics}` : ''}${
    conditions.length === 0
      ? ''
      : `
WHERE ${conditions.join(' AND ')}`
  }
ORDER BY run, metric, step, ord${
    rows === undefined
      ? ''
      : `
LIMIT ${bind('UInt32', rows)}`
  }`
  return { sql, parameters }
}
