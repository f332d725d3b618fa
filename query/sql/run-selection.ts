import type { Derived } from './derived-figures.ts'
import { createFigures, filterSql, type RunFilter } from './run-filter.ts'
import { runsWithFigures, wants } from './runs-page.ts'
import type { Binder } from './text.ts'

/** Which runs of a project. */
export type RunSelection = { readonly project: string; readonly filter: RunFilter }

/**
 * The runs of a project that pass a filter, as a subquery with the `columns` asked for: so the store finds them itself, however many they are.
 * `summaries` says whether figures of metrics are part of the filter, for which a question with `at` has to wait too.
 */
export function selectedRuns(
  { project, filter }: RunSelection,
  columns: string,
  binder: Binder,
): { sql: string; summaries: boolean; derived: readonly Derived[] } {
  const figures = createFigures()
  const passes = filterSql(filter, binder, figures.figureOf)
  const from = runsWithFigures(project, figures, binder)
  const sql = `SELECT ${columns} FROM ${from} WHERE runs.project = ${binder.bind('String', project)} AND ${passes}`
  return { sql, ...wants(figures) }
}
