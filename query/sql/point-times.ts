import { decodedSql } from '../../schema/value-codes-sql.ts'
import type { Repeated } from '../reduce/repeated.ts'
import { createBinder, type Statement } from './text.ts'

/** Points by series and step. */
export type TimesQuestion = {
  /** Keys of the series, pair by pair. */
  readonly runs: readonly bigint[]
  readonly metrics: readonly bigint[]
  /** Of each point the number of its series, from 1, and its step. */
  readonly series: readonly number[]
  readonly steps: readonly number[]
  readonly repeated: Repeated
}

/**
 * Times of single points, ms since 1970: `run, metric, steps, codes, times` by run, metric and step; one row for each step, of the point that
 * counts, or with ALL one for each value of it, of the point of that value that was logged first.
 */
export function pointTimes({ runs, metrics, series, steps, repeated }: TimesQuestion): Statement {
  const { parameters, bind } = createBinder()
  const choose = repeated === 'LAST' ? 'argMax' : 'argMin'
  // NaNs are alike whatever their bits are.
  const value = decodedSql('code')
  const bits =
    repeated === 'ALL' ? `, if(isNaN(${value}), toUInt64(9221120237041090560), reinterpretAsUInt64(${value}))` : ''
  const [runKeys, metricKeys] = [bind('Array(UInt64)', runs), bind('Array(UInt64)', metrics)]
  const asked = bind('Array(Int64)', steps)
  // The set of steps alone is quicker to look into than that of the points: most rows need no more.
  const sql = `
SELECT run, metric, step AS steps, ${choose}(code, ord) AS codes, ${choose}(time, ord) AS times
FROM points
WHERE step IN (${asked}) AND (run, metric, step) IN (
  SELECT ${runKeys}[t.1], ${metricKeys}[t.1], t.2
  FROM (SELECT arrayJoin(arrayZip(${bind('Array(UInt64)', series)}, ${asked})) AS t))
GROUP BY run, metric, step${bits}
ORDER BY run, metric, step`
  return { sql, parameters }
}
