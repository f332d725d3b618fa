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

/** A range of so few tiles is named tile by tile: one set of hundreds costs what two ranges do, about 0.4 ms each. */
const listed = 8

/**
 * Tiles of long series, in the order of series, then of steps; of several versions of a tile the newest comes last. `places` and `figures` are
 * laid out in `schema/tiles.ts`. They come as they are: to put a few thousand together costs less here than aggregates cost the store.
 */
export function seriesTiles(ranges: readonly SeriesTiles[]): Statement {
  const { parameters, bind } = createBinder()
  const { long, short } = byLength(ranges)
  const of = (range: SeriesTiles) =>
    `${ofSeries(bind, range)} AND width = ${bind('UInt64', range.width)} AND start BETWEEN ${bind('Int64', range.first)} AND ${bind('Int64', range.last)}`
  const sql = `
SELECT run, metric, start, version, places, figures
FROM tiles
WHERE ${[...(long.length > 0 ? [anyOf(long, of)] : []), ...(short.length > 0 ? [among(bind, short)] : [])].join('\n  OR ')}
ORDER BY run, metric, start, version`
  return { sql, parameters }
}

/** The ranges to be named by their ends, and the tiles of the others. */
export function byLength(ranges: readonly SeriesTiles[]): { long: SeriesTiles[]; short: SeriesTiles[] } {
  const isLong = ({ first, last, width }: SeriesTiles) => (last - first + 1) / width > listed
  return { long: ranges.filter(isLong), short: ranges.filter((range) => !isLong(range)).flatMap(tilesOf) }
}

function tilesOf({ run, metric, width, first, last }: SeriesTiles): SeriesTiles[] {
  return Array.from({ length: (last - first + 1) / width }, (_, i) => ({
    ...{ run, metric, width, first: first + i * width, last: first + (i + 1) * width - 1 },
  }))
}

function among(bind: Binder['bind'], tiles: readonly SeriesTiles[]): string {
  const columns = [
    bind(
      'Array(UInt64)',
      tiles.map(({ run }) => run),
    ),
    bind(
      'Array(UInt64)',
      tiles.map(({ metric }) => metric),
    ),
    bind(
      'Array(UInt64)',
      tiles.map(({ width }) => width),
    ),
    bind(
      'Array(Int64)',
      tiles.map(({ first }) => first),
    ),
  ]
  return `(run, metric, width, start) IN (arrayZip(${columns.join(', ')}))`
}

/** Points of stretches of series: `run, metric, steps, codes`, in the order of series, step, logging. Reading stops at `rows` rows. */
export function stretchPoints(stretches: readonly SeriesSteps[], rows: number): Statement {
  const { parameters, bind } = createBinder()
  const of = (stretch: SeriesSteps) =>
    `${ofSeries(bind, stretch)} AND step BETWEEN ${bind('Int64', stretch.first)} AND ${bind('Int64', stretch.last)}`
  const sql = `
SELECT run, metric, step AS steps, code AS codes
FROM points
WHERE ${anyOf(stretches, of)}
ORDER BY run, metric, step, ord
LIMIT ${bind('UInt32', rows)}`
  return { sql, parameters }
}
