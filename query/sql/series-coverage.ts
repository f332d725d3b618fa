import { epochOffsets } from '../../schema/tiles.ts'
import { type Binder, createBinder, type Statement } from './text.ts'

/** Each run with each metric: which of them have rows the answer says. */
export type Pairs = { readonly runs: readonly bigint[]; readonly metrics: readonly bigint[] }

const within = (bind: Binder['bind'], { runs, metrics }: Pairs) =>
  `run IN ${bind('Array(UInt64)', runs)} AND metric IN ${bind('Array(UInt64)', metrics)}`

/** What is sealed: `run, metric, firsts, lasts, widths, versions`. */
export function seriesSeals(pairs: Pairs): Statement {
  const { parameters, bind } = createBinder()
  const sql = `
SELECT run, metric, first AS firsts, last AS lasts, width AS widths, version AS versions
FROM tile_seals
WHERE ${within(bind, pairs)}
ORDER BY run, metric`
  return { sql, parameters }
}

/** Late points that seals of log offset `version` may be without: `run, metric, firsts, lasts, versions`. */
export function seriesLate(pairs: Pairs, version: number): Statement {
  const { parameters, bind } = createBinder()
  const sql = `
SELECT run, metric, toInt64(first) AS firsts, toInt64(last) AS lasts, toUInt64(version) AS versions
FROM late_points
WHERE ${within(bind, pairs)} AND epoch >= ${bind('UInt64', Math.floor(version / epochOffsets))} AND late_points.version > ${bind('UInt64', version)}
ORDER BY run, metric`
  return { sql, parameters }
}
