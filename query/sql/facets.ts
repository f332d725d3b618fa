import { columnSql, type RunColumn } from '../columns/needs.ts'
import { createFigures, filterSql, type RunFilter } from './run-filter.ts'
import { runsWithFigures } from './runs-page.ts'
import { type Binder, createBinder, type Statement } from './text.ts'

/** Bars of the histogram of a facet's numbers. */
export const facetBins = 20

export type FacetQuestion = { readonly project: string; readonly filter: RunFilter; readonly column: RunColumn }

type Parts = { from: string; value: string; has: string; binder: Binder }

function partsOf({ project, filter, column }: FacetQuestion): Parts {
  const binder = createBinder()
  const figures = createFigures()
  const passes = filterSql(filter, binder, figures.figureOf)
  const from = `FROM ${runsWithFigures(project, figures, binder)} WHERE runs.project = ${binder.bind('String', project)} AND ${passes}`
  return { from, binder, ...columnSql(column, binder.bind) }
}

/** Of the runs that pass a filter: `passing`, those that have the thing as `having`, and its `different` values. */
export function facetTotals(question: FacetQuestion): Statement {
  const { from, value, has, binder } = partsOf(question)
  const sql = `SELECT toFloat64(count()) AS passing, toFloat64(countIf(${has})) AS having, toFloat64(uniqExactIf(${value}, ${has})) AS different ${from}`
  return { sql, parameters: binder.parameters }
}

/** The most frequent values: `text, runs`. */
export function facetValues(question: FacetQuestion, rows: number): Statement {
  const { from, value, has, binder } = partsOf(question)
  const sql = `SELECT ${value} AS text, toFloat64(count()) AS found ${from} AND ${has}
GROUP BY text ORDER BY found DESC, text LIMIT ${binder.bind('UInt32', rows)}`
  return { sql, parameters: binder.parameters }
}

/** Its numbers: `numeric` runs, and of the finite ones `finite`, `lowest` and `highest`. */
export function facetRange(question: FacetQuestion): Statement {
  const { from, value, has, binder } = partsOf(question)
  const finite = `${has} AND isFinite(${value})`
  const sql = `SELECT toFloat64(countIf(${has})) AS numeric, toFloat64(countIf(${finite})) AS finite,
  minIf(${value}, ${finite}) AS lowest, maxIf(${value}, ${finite}) AS highest ${from}`
  return { sql, parameters: binder.parameters }
}

/** How many lie in each bin that has any: `bin, runs`. */
export function facetHistogram(question: FacetQuestion, lowest: number, width: number): Statement {
  const { from, value, has, binder } = partsOf(question)
  const [low, one] = [binder.bind('Float64', lowest), binder.bind('Float64', width)]
  const sql = `SELECT least(floor((${value} - ${low}) / ${one}), ${facetBins - 1}) AS bin, toFloat64(count()) AS found ${from}
AND ${has} AND isFinite(${value}) GROUP BY bin`
  return { sql, parameters: binder.parameters }
}

/** The bins of `finite` numbers, still empty; where all are the same there is one, of width 0, which has them. */
export function binsOf(finite: number, lowest: number, highest: number): { width: number; counts: Float64Array } {
  if (finite === 0) return { width: 0, counts: new Float64Array(0) }
  const width = binWidth(lowest, highest)
  return { width, counts: width === 0 ? Float64Array.of(finite) : new Float64Array(facetBins) }
}

/** Width of a bin; 0 when all numbers are the same. Halves first, so that the widest range has one too. */
const binWidth = (lowest: number, highest: number): number => highest / facetBins - lowest / facetBins
