import { type Binder, createBinder, type Statement } from './text.ts'

/** Steps `first` to `last` of a series. */
export type SeriesSteps = {
  readonly run: bigint
  readonly metric: bigint
  readonly first: number
  readonly last: number
}
/** Tiles of one width that begin in these steps. */
export type SeriesTiles = SeriesSteps & { readonly width: number }

const ofSeries = (bind: Binder['bind'], { run, metric }: SeriesSteps) =>
  `run = ${bind('UInt64', run)} AND metric = ${bind('UInt64', metric)}`

const anyOf = <T>(parts: readonly T[], condition: (part: T) => string) =>
  parts.map((part) => `(${condition(part)})`).join('\n  OR ')

/**
 * Tiles of long series, in the order of series, then of steps; of several versions of a tile the newest comes last. `places` and `figures` are
 * laid out in `schema/tiles.ts`. They come as they are: to put a few thousand together costs less here than aggregates cost the store.
 */
export function seriesTiles(ranges: readonly SeriesTiles[]): Statement {
  const { parameters, bind } = createBinder()
  const of = (range: SeriesTiles) =>
    `${ofSeries(bind, range)} AND width = ${bind('UInt64', range.width)} AND start BETWEEN ${bind('Int64', range.first)} AND ${bind('Int64', range.last)}`
  const sql = `
SELECT run, metric, start, version, places, figures
FROM tiles
WHERE ${anyOf(ranges, of)}
ORDER BY run, metric, start, version`
  return { sql, parameters }
}

/** Points of stretches of series: `run, metric, steps, values`, in the order of series, step, logging. Reading stops at `rows` rows. */
export function stretchPoints(stretches: readonly SeriesSteps[], rows: number): Statement {
  const { parameters, bind } = createBinder()
  const of = (stretch: SeriesSteps) =>
    `${ofSeries(bind, stretch)} AND step BETWEEN ${bind('Int64', stretch.first)} AND ${bind('Int64', stretch.last)}`
  const sql = `
SELECT run, metric, step AS steps, value AS values
FROM points
WHERE ${anyOf(stretches, of)}
ORDER BY run, metric, step, ord
LIMIT ${bind('UInt32', rows)}`
  return { sql, parameters }
}
