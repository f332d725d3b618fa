import { runColumns } from './runs-page.ts'
import { createBinder, type Statement } from './text.ts'

/** One run by its id: the columns of `runsPage` without its place, or no row. */
export function runRow(project: string, run: string): Statement {
  const { parameters, bind } = createBinder()
  const sql = `
SELECT ${runColumns} FROM runs
WHERE project = ${bind('String', project)} AND runs.run = ${bind('String', run)}
ORDER BY version DESC LIMIT 1`
  return { sql, parameters }
}

/** Which of some runs a project has, and the versions of their rows: `id, version`. */
export function runVersions(project: string, runs: readonly string[]): Statement {
  const { parameters, bind } = createBinder()
  const sql = `SELECT runs.run AS id, toFloat64(max(runs.version)) AS version FROM runs
WHERE project = ${bind('String', project)} AND runs.run IN ${bind('Array(String)', runs)} GROUP BY id`
  return { sql, parameters }
}

/** Several runs by their ids: the same columns, and `version`. */
export function runRowsOf(project: string, runs: readonly string[]): Statement {
  const { parameters, bind } = createBinder()
  const sql = `
SELECT ${runColumns}, toFloat64(version) AS version FROM runs
WHERE project = ${bind('String', project)} AND runs.run IN ${bind('Array(String)', runs)}
ORDER BY id, runs.version DESC, _block_number DESC LIMIT 1 BY id`
  return { sql, parameters }
}

/** Totals of several runs of a project: `id, points, metrics`. */
export function runTotals(project: string, runs: readonly string[]): Statement {
  const { parameters, bind } = createBinder()
  const sql = `
SELECT run AS id, toFloat64(argMax(points, version)) AS pointsLogged, toFloat64(argMax(metrics, version)) AS metricsLogged
FROM run_state
WHERE project = ${bind('String', project)} AND run IN ${bind('Array(String)', runs)}
GROUP BY run`
  return { sql, parameters }
}
