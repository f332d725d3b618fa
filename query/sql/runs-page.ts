import { type Derived, derivedFigures } from './derived-figures.ts'
import { createFigures, type Figures, filterSql, type RunFilter } from './run-filter.ts'
import { type Cursor, type RunSort, sortSql } from './run-order.ts'
import { metricFigures } from './summaries.ts'
import { type Binder, createBinder, type Statement } from './text.ts'

export type RunsQuestion = {
  readonly project: string
  readonly filter: RunFilter
  readonly sort: RunSort
  readonly after: Cursor | undefined
  readonly before: Cursor | undefined
  readonly rows: number
  /** The last rows of the range instead of the first; in the same order. */
  readonly fromEnd: boolean
}

/** What a question about runs needs of their metrics; part of the answer's meaning, so it must wait for summaries too. */
export type RunsStatement = Statement & { readonly summaries: boolean; readonly derived: readonly Derived[] }

/** The columns of a run's row, as `resolvers/run.ts` reads them. */
export const runColumns = `runs.run AS id, name, CAST(state, 'String') AS stateText, toFloat64(toUnixTimestamp64Milli(created)) AS createdMs,
  toFloat64(toUnixTimestamp64Milli(updated)) AS updatedMs, params, toJSONString(tags) AS tagsText`

/**
 * One page of a project's runs: the columns above, and `sortRank` and `sortKey`, the run's place in the order, with `sortFigures`, a list for each run, where
 * that is by an expression; from the end, the last row first.
 * FINAL over 50,000 runs with a third of them in three versions: 30 ms; LIMIT 1 BY 61, argMax 55, a semi-join by version 49.
 */
export function runsPage(question: RunsQuestion): RunsStatement {
  const binder = createBinder()
  const figures = createFigures()
  const order = sortSql(question.sort, binder, figures.figureOf)
  const passes = filterSql(question.filter, binder, figures.figureOf)
  const later = question.after ? order.isBeyond(question.after, 'after') : '1'
  const earlier = question.before ? order.isBeyond(question.before, 'before') : '1'
  const [first, then] = question.fromEnd ? ['DESC', order.opposite] : ['ASC', order.direction]
  const sql = `
SELECT ${runColumns}, toFloat64(${order.rank}) AS sortRank, ${order.key} AS sortKey${order.figures()}
FROM ${runsWithFigures(question.project, figures, binder)}
WHERE runs.project = ${binder.bind('String', question.project)} AND ${passes} AND ${later} AND ${earlier}
ORDER BY sortRank ${first}, sortKey ${then}, id ${then}
LIMIT ${binder.bind('UInt32', question.rows)}`
  return { sql, parameters: binder.parameters, ...wants(figures) }
}

/** How many runs of a project pass a filter: `count`. */
export function runsCount(project: string, filter: RunFilter): RunsStatement {
  const binder = createBinder()
  const figures = createFigures()
  const passes = filterSql(filter, binder, figures.figureOf)
  const sql = `
SELECT toFloat64(count()) AS count FROM ${runsWithFigures(project, figures, binder)}
WHERE runs.project = ${binder.bind('String', project)} AND ${passes}`
  return { sql, parameters: binder.parameters, ...wants(figures) }
}

export const wants = ({ joined, derived }: Figures) => ({
  summaries: joined.size + derived.size > 0,
  derived: [...derived.values()],
})

export function runsWithFigures(project: string, { joined, derived }: Figures, binder: Binder): string {
  const joins = [...joined].map(
    ([metric, fields], i) =>
      `\nLEFT ANY JOIN (${metricFigures(project, metric, [...fields], binder)}) AS m${i} ON m${i}.run_key = runs.key`,
  )
  const computed = [...derived.values()].map(
    (each, i) => `\nLEFT ANY JOIN (${derivedFigures(project, each, binder)}) AS d${i} ON d${i}.run_key = runs.key`,
  )
  return `runs FINAL${joins.join('')}${computed.join('')}`
}
