import { limits } from '../../schema/limits.ts'
import type { Stretch } from '../../schema/tiles.ts'
import { timesColumn } from './series-points.ts'
import { type Binder, createBinder, type Statement } from './text.ts'

/*
 * What most questions read: points and tiles of one series. The store takes as long to understand a statement as to read a thousand points, so these say no
 * more than they must: 0.05 ms for each value bound, 0.3 for each range more, 0.15 where it is left to the store what to filter by first.
 */

export type SeriesKeys = { readonly run: bigint; readonly metric: bigint }

export type PointsForm = {
  /** Reading stops at so many. */
  readonly rows?: number | undefined
  /** Whether the moments of logging are asked for, too. */
  readonly times?: boolean | undefined
}

/** Points of stretches of a series by step, then logging: `steps, codes`, and `times` if asked for. */
export function pointsOfOne(series: SeriesKeys, stretches: readonly Stretch[], { rows, times }: PointsForm): Statement {
  const { parameters, bind } = createBinder()
  const sql = `
SELECT step AS steps, code AS codes${timesColumn(times)}
FROM points
PREWHERE ${ofSeries(bind, series)}${inSteps(bind, stretches)}
ORDER BY run, metric, step, ord${rows === undefined ? '' : `\nLIMIT ${bind('UInt32', rows)}`}`
  return { sql, parameters }
}

/** Tiles of one width that begin in these steps. */
export type TileStretch = Stretch & { readonly width: number }

/** Tiles of a series: `start, version, places, figures`, in any order, which is made here sooner. `listed` are asked for one by one. */
export function tilesOfOne(
  series: SeriesKeys,
  ranges: readonly TileStretch[],
  listed: readonly { readonly width: number; readonly first: number }[],
): Statement {
  const { parameters, bind } = createBinder()
  const inSeries = ofSeries(bind, series)
  const conditions = ranges.map(
    ({ width, first, last }) =>
      `width = ${bind('UInt64', width)} AND start BETWEEN ${bind('Int64', first)} AND ${bind('Int64', last)}`,
  )
  if (listed.length > 0) {
    const widths = listed.map(({ width }) => width)
    const starts = listed.map(({ first }) => first)
    conditions.push(`(width, start) IN (arrayZip(${bind('Array(UInt64)', widths)}, ${bind('Array(Int64)', starts)}))`)
  }
  const sql = `
SELECT start, version, places, figures
FROM tiles
PREWHERE ${inSeries} AND (${conditions.join(' OR ')})`
  return { sql, parameters }
}

const ofSeries = (bind: Binder['bind'], { run, metric }: SeriesKeys) =>
  `run = ${bind('UInt64', run)} AND metric = ${bind('UInt64', metric)}`

/** Nothing where all steps are meant: the store would look at each. */
function inSteps(bind: Binder['bind'], stretches: readonly Stretch[]): string {
  const conditions = stretches.map(({ first, last }) => {
    const [from, to] = [first > -limits.stepMagnitude, last < limits.stepMagnitude]
    if (from && to) return `step BETWEEN ${bind('Int64', first)} AND ${bind('Int64', last)}`
    return from ? `step >= ${bind('Int64', first)}` : to ? `step <= ${bind('Int64', last)}` : ''
  })
  return conditions.includes('') ? '' : ` AND (${conditions.join(' OR ')})`
}
