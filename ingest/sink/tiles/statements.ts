import { decodedSql } from '../../../schema/value-codes-sql.ts'

/**
 * The statements that make tiles, all within the store. `places` and `figures` are laid out in `schema/tiles.ts`. A value and a step as one
 * 128-bit number, as `query/sql/series-buckets.ts` has them: of equal values the lowest step is taken, and -0 is below 0.
 */
const flipped = (bits: string) => `bitXor(${bits}, bitAnd(bitShiftRight(${bits}, 63), 9223372036854775807))`
const ordered = (value: string) => `bitShiftLeft(toInt128(${flipped(`reinterpretAsInt64(${value})`)}), 64)`
const unpacked = (packed: string, step: string) =>
  `reinterpretAsFloat64(${flipped(`toInt64(bitShiftRight(${packed} - toInt128(${step}), 64))`)})`

const value = decodedSql('code')

const series = 'run = {run:UInt64} AND metric = {metric:UInt64}'
/** One thread: ingest has the others. */
const settings = 'SETTINGS max_threads = 1, max_insert_threads = 1, optimize_aggregation_in_order = 1'

/**
 * Tiles of the lowest width, of the points from step `first` to `last` with an `ord` below `end`. `once`: no step was ever logged twice,
 * which makes it three times as fast.
 */
export function tilesOfPoints(once: boolean): string {
  const within = `${series} AND step BETWEEN {first:Int64} AND {last:Int64} AND ord < {end:UInt64}`
  const standing = once
    ? `SELECT step, ${value} AS v, time AS t, 1 AS logged FROM points WHERE ${within}`
    : `SELECT step, argMax(${value}, ord) AS v, argMax(time, ord) AS t, count() AS logged FROM points WHERE ${within} GROUP BY run, metric, step`
  return insertTiles(`
  SELECT bitAnd(step, {mask:Int64}) AS tile, toInt64(count()) AS counted, toInt64(sum(logged)) AS loggeds, min(step) AS low_step, max(step) AS high_step,
    toInt64(countIf(isFinite(v))) AS finites,
    argMinIf(v, step, isFinite(v)) AS first_value, minIf(step, isFinite(v)) AS first_finite,
    argMaxIf(v, step, isFinite(v)) AS last_value, maxIf(step, isFinite(v)) AS last_finite,
    minIf(${ordered('v')} + step, isFinite(v)) AS lowest, maxIf(${ordered('v')} - step, isFinite(v)) AS highest,
    toInt64(countIf(isNaN(v))) AS nans, minIf(step, isNaN(v)) AS nan_step,
    toInt64(countIf(v = inf)) AS positives, minIf(step, v = inf) AS positive_step,
    toInt64(countIf(v = -inf)) AS negatives, minIf(step, v = -inf) AS negative_step,
    sumKahanIf(v, isFinite(v)) AS total, min(t) AS low_time, max(t) AS high_time
  FROM (${standing})
  GROUP BY tile`)
}

/** Tiles of one width, of those of the next lower one that begin from step `first` to `last`. */
export function tilesOfTiles(): string {
  return insertTiles(`
  SELECT bitAnd(start, {mask:Int64}) AS tile, sum(p[1]) AS counted, sum(p[1] + p[2]) AS loggeds, min(start + p[3]) AS low_step, max(start + p[4]) AS high_step,
    sum(f) AS finites,
    argMinIf(v[1], start, f > 0) AS first_value, minIf(start + p[5], f > 0) AS first_finite,
    argMaxIf(v[4], start, f > 0) AS last_value, maxIf(start + p[8], f > 0) AS last_finite,
    minIf(${ordered('v[2]')} + start + p[6], f > 0) AS lowest, maxIf(${ordered('v[3]')} - start - p[7], f > 0) AS highest,
    sum(p[9]) AS nans, minIf(start + p[10], p[9] > 0) AS nan_step,
    sum(p[11]) AS positives, minIf(start + p[12], p[11] > 0) AS positive_step,
    sum(p[13]) AS negatives, minIf(start + p[14], p[13] > 0) AS negative_step,
    sumKahan(s) AS total, min(t1) AS low_time, max(t2) AS high_time
  FROM (
    SELECT start, places AS p, figures AS v, p[1] - p[9] - p[11] - p[13] AS f, sum AS s, first_time AS t1, last_time AS t2
    FROM tiles FINAL WHERE ${series} AND width = {lower:UInt64} AND start BETWEEN {first:Int64} AND {last:Int64}
  )
  GROUP BY tile`)
}

/** What is not there is written as the tile's start and NaN, so that it takes no room. */
function insertTiles(figures: string): string {
  const distance = (step: string, there: string) => `if(${there} = 0, 0, ${step} - tile)`
  const figure = (value: string) => `if(finites = 0, nan, ${value})`
  const [lowStep, highStep] = ['toInt64(lowest)', '(0 - toInt64(highest))']
  return `
INSERT INTO tiles (run, metric, width, start, places, figures, sum, first_time, last_time, version)
SELECT {run:UInt64}, {metric:UInt64}, {width:UInt64}, tile,
  [counted, loggeds - counted, low_step - tile, high_step - tile,
   ${distance('first_finite', 'finites')}, ${distance(lowStep, 'finites')}, ${distance(highStep, 'finites')}, ${distance('last_finite', 'finites')},
   nans, ${distance('nan_step', 'nans')}, positives, ${distance('positive_step', 'positives')}, negatives, ${distance('negative_step', 'negatives')}],
  [${figure('first_value')}, ${figure(unpacked('lowest', lowStep))}, ${figure(unpacked('highest', `-${highStep}`))}, ${figure('last_value')}],
  total, low_time, high_time, {version:UInt64}
FROM (${figures}
)
${settings}`
}

export const insertSeal = `
INSERT INTO tile_seals (run, metric, first, last, width, version)
SELECT {run:UInt64}, {metric:UInt64}, {first:Int64}, {last:Int64}, {width:UInt64}, {version:UInt64}`

export const sealsOf = `SELECT first AS firsts, last AS lasts, width AS widths, version AS versions FROM tile_seals WHERE ${series}`

/** Those that seals of log offset `version` may not hold. */
export const lateOf = `
SELECT toInt64(first) AS firsts, toInt64(last) AS lasts, toUInt64(version) AS versions
FROM late_points WHERE ${series} AND epoch >= {epoch:UInt64} AND version > {version:UInt64}`

export const pointsBetween = `SELECT count() AS points FROM points WHERE ${series} AND step BETWEEN {first:Int64} AND {last:Int64}`
