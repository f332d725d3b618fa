import { createBinder, type Statement } from './text.ts'

/** Several series by their keys, pair by pair, and one range of steps, inclusive. */
export type SeriesSet = {
  readonly runs: readonly bigint[]
  readonly metrics: readonly bigint[]
  readonly fromStep: number
  readonly toStep: number
}

/** The points of short series, in the order of step, then of logging: `run, metric, steps, values`. Reading stops at `rows` rows. */
export function seriesPoints(set: SeriesSet, rows?: number): Statement {
  const { parameters, bind } = createBinder()
  const sql = `
SELECT run, metric, step AS steps, value AS values
FROM points
WHERE (run, metric) IN (arrayZip(${bind('Array(UInt64)', set.runs)}, ${bind('Array(UInt64)', set.metrics)}))
  AND step BETWEEN ${bind('Int64', set.fromStep)} AND ${bind('Int64', set.toStep)}
ORDER BY run, metric, step, ord${
    rows === undefined
      ? ''
      : `
LIMIT ${bind('UInt32', rows)}`
  }`
  return { sql, parameters }
}
