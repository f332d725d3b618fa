import { createBinder, type Statement } from './text.ts'

/**
 * When runs began: `run, origin`, the earliest time in ms since 1970 that any point of the run carries, of whatever metric and whether it
 * counts or not. Reads the run's column of times: 5 ms a million points.
 */
export function runOrigins(runs: readonly bigint[]): Statement {
  const { parameters, bind } = createBinder()
  const sql = `
SELECT run, toUnixTimestamp64Milli(min(time)) AS origin
FROM points WHERE run IN ${bind('Array(UInt64)', runs)}
GROUP BY run
SETTINGS optimize_aggregation_in_order = 1`
  return { sql, parameters }
}
