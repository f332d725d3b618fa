import { createBinder, type Statement } from './text.ts'

/** Keys of runs and metrics, each with each, and for each run a stretch of time, ms since 1970, both ends inclusive. */
export type StretchQuestion = {
  readonly runs: readonly bigint[]
  readonly metrics: readonly bigint[]
  readonly fromStep: number
  readonly toStep: number
  readonly fromTimes: readonly number[]
  readonly toTimes: readonly number[]
}

/**
 * Between which steps each series has points of a stretch of time, superseded ones included: `run, metric, points, firstStep, lastStep`, where
 * `points` are those of that time. What lies outside of these steps need not be read. 4 ms a million points.
 */
export function timeStretches(question: StretchQuestion): Statement {
  const { parameters, bind } = createBinder()
  const runs = bind('Array(UInt64)', question.runs)
  const bound = (times: readonly number[]) =>
    new Set(times).size === 1
      ? bind('Int64', times[0]!)
      : `transform(run, ${runs}, ${bind('Array(Int64)', times)}, toInt64(0))`
  const sql = `
SELECT run, metric, count() AS points, min(step) AS firstStep, max(step) AS lastStep
FROM points
WHERE run IN ${runs} AND metric IN ${bind('Array(UInt64)', question.metrics)}
  AND step BETWEEN ${bind('Int64', question.fromStep)} AND ${bind('Int64', question.toStep)}
  AND toUnixTimestamp64Milli(time) BETWEEN ${bound(question.fromTimes)} AND ${bound(question.toTimes)}
GROUP BY run, metric
SETTINGS optimize_aggregation_in_order = 1`
  return { sql, parameters }
}
