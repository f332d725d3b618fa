import type { Repeated } from '../reduce/repeated.ts'
import { createBinder, type Statement } from './text.ts'

/** Points by run, metric and step, one of each list: keys and steps of equal number. */
export type TimesQuestion = {
  readonly runs: readonly bigint[]
  readonly metrics: readonly bigint[]
  readonly steps: readonly number[]
  readonly repeated: Repeated
}

/**
 * Times of single points, ms since 1970: `run, metric, steps, values, times` by run, metric and step; one row for each step, of the point that
 * counts, or with ALL one for each value of it, of the point of that value that was logged first.
 */
export function pointTimes({ runs, metrics, steps, repeated }: TimesQuestion): Statement {
  const { parameters, bind } = createBinder()
  const choose = repeated === 'LAST' ? 'argMax' : 'argMin'
  // NaNs are alike whatever their bits are.
  const bits = repeated === 'ALL' ? ', if(isNaN(value), toUInt64(9221120237041090560), reinterpretAsUInt64(value))' : ''
  const points = `arrayZip(${bind('Array(UInt64)', runs)}, ${bind('Array(UInt64)', metrics)}, ${bind('Array(Int64)', steps)})`
  const sql = `
SELECT run, metric, step AS steps, ${choose}(value, ord) AS values, ${choose}(time, ord) AS times
FROM points WHERE (run, metric, step) IN (${points})
GROUP BY run, metric, step${bits}
ORDER BY run, metric, step`
  return { sql, parameters }
}
