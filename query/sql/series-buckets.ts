import { decodedSql } from '../../schema/value-codes-sql.ts'
import type { Repeated } from '../reduce/repeated.ts'
import type { SeriesSet } from './series-points.ts'
import { type Binder, createBinder, type Statement } from './text.ts'

/** Series that share a bucket width. */
export type BucketGroup = SeriesSet & { readonly width: number }

/**
 * Which rows are bucketed. `asLogged` takes every row and counts, in `superseded`, the rows whose step another one has too; where that
 * is not 0 the bucket is asked again with `settled`, which counts only those that stand and costs three times as much.
 */
export type Rows = 'asLogged' | 'settled'

/**
 * Buckets of long series, one branch per width, ordered by `run, metric, bucket`; `series-reads.ts` makes a `BucketTable` of the columns. They
 * come as the aggregates have them, because every function that the statement calls costs the store 0.1 to 0.3 ms before it reads anything.
 */
export function seriesBuckets(groups: readonly BucketGroup[], repeated: Repeated, rows: Rows): Statement {
  const binder = createBinder()
  const branches = groups.map((group) => aggregated(group, repeated, rows, binder))
  const sql = `
SELECT run, metric, bucket, lowest, highest, counts, superseded, first, firstSteps, last, lastSteps, nans, nanSteps, positive, positiveSteps, negative, negativeSteps,
  toInt64(low) AS lowStep, toInt64(bitShiftRight(low, 64)) AS lowValue,
  toInt64(high) AS highStep, toInt64(bitShiftRight(high, 64)) AS highValue
FROM (${branches.join('\nUNION ALL\n')})
ORDER BY run, metric, bucket`
  return { sql, parameters: binder.parameters }
}

function aggregated(group: BucketGroup, repeated: Repeated, rows: Rows, { bind }: Binder): string {
  // With ALL the first and last of several points of one step are told apart by when they were logged.
  const place = repeated === 'ALL' ? 'bitShiftLeft(toInt128(step), 64) + toInt128(ord)' : 'step'
  const bucket = `bitAnd(step, ${bind('Int64', -group.width)})`
  // Steps within a bucket fit a 32-bit bitmap unless the bucket is very wide: 3 ms a million points against 10 by hash table.
  const distinct = group.width > 2 ** 32 ? 'uniqExact(step)' : `groupBitmap(toUInt32(step - ${bucket}))`
  const once = rows === 'settled' ? 'sum(logged) - count()' : `count() - ${distinct}`
  const superseded = repeated === 'ALL' ? 'toUInt64(0)' : once
  // A finite value and a step as one 128-bit number, the value's bits made to order like the values, -0 before 0: so the extreme value is
  // found together with its lowest step, of equal values always the same one. An argMin is as fast but takes any of them; the extreme of a
  // tuple takes three times as long.
  const ordered = 'bitXor(bits, bitAnd(bitShiftRight(bits, 63), 9223372036854775807))'
  return `
WITH ${decodedSql('code')} AS value, isFinite(value) AS finite, reinterpretAsInt64(value) AS bits, bitShiftLeft(toInt128(${ordered}), 64) AS ordered
SELECT run, metric, ${bucket} AS bucket, min(step) AS lowest, max(step) AS highest, count() AS counts, ${superseded} AS superseded,
  argMinIf(value, ${place}, finite) AS first, minIf(step, finite) AS firstSteps,
  argMaxIf(value, ${place}, finite) AS last, maxIf(step, finite) AS lastSteps,
  minIf(ordered + step, finite) AS low, maxIf(ordered - step, finite) AS high,
  countIf(isNaN(value)) AS nans, minIf(step, isNaN(value)) AS nanSteps,
  countIf(value = inf) AS positive, minIf(step, value = inf) AS positiveSteps,
  countIf(value = -inf) AS negative, minIf(step, value = -inf) AS negativeSteps
FROM ${rows === 'settled' ? `(${settled(group, repeated, bind)})` : `points ${within(group, bind)}`}
GROUP BY run, metric, bucket`
}

/** One row per step. In key order it takes 85 to 100 ms a million points; LIMIT 1 BY 110 to 150, a hash table 95 to 130. */
function settled(group: BucketGroup, repeated: Repeated, bind: Binder['bind']): string {
  const choose = repeated === 'FIRST' ? 'argMin' : 'argMax'
  return `SELECT run, metric, step, ${choose}(code, ord) AS code, count() AS logged FROM points ${within(group, bind)}
  GROUP BY run, metric, step SETTINGS optimize_aggregation_in_order = 1`
}

/** Series of one metric are found by their runs: to look up pairs costs 3 ms more for a million points. */
function within(group: BucketGroup, bind: Binder['bind']): string {
  const { runs, metrics, fromStep, toStep } = group
  const steps = `step BETWEEN ${bind('Int64', fromStep)} AND ${bind('Int64', toStep)}`
  const [metric] = metrics
  if (metrics.every((other) => other === metric)) {
    return `PREWHERE metric = ${bind('UInt64', metric!)} AND run IN (${bind('Array(UInt64)', runs)}) WHERE ${steps}`
  }
  return `WHERE (run, metric) IN (arrayZip(${bind('Array(UInt64)', runs)}, ${bind('Array(UInt64)', metrics)})) AND ${steps}`
}
