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
 * rows.
 */
export function seriesPoints(set: SeriesSet, rows?: number): Statement {
  const { parameters, bind } = createBinder()
  const [runs, metrics] = [bind('Array(UInt64)', set.runs), bind('Array(UInt64)', set.metrics)]
  const series = set.crossed
    ? `run IN ${runs} AND metric IN ${metrics}`
    : `(run, metric) IN (arrayZip(${runs}, ${metrics}))`
  const sql = `
SELECT run, metric, step AS steps, code AS codes${timesColumn(set.times)}
FROM points
WHERE ${series}
  AND step BETWEEN ${bind('Int64', set.fromStep)} AND ${bind('Int64', set.toStep)}
ORDER BY run, metric, step, ord${
    rows === undefined
      ? ''
      : `
LIMIT ${bind('UInt32', rows)}`
  }`
  return { sql, parameters }
}
