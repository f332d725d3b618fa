import { runColumns } from './runs-page.ts'
import { createBinder, type Statement } from './text.ts'

/** Runs of whatever projects, pair by pair: `project` and the columns of `runsPage` without its place; those that there are, each once. */
export function runsByName(projects: readonly string[], runs: readonly string[]): Statement {
  const { parameters, bind } = createBinder()
  const sql = `
SELECT project, ${runColumns} FROM runs
WHERE (project, runs.run) IN (arrayZip(${bind('Array(String)', projects)}, ${bind('Array(String)', runs)}))
ORDER BY version DESC LIMIT 1 BY project, runs.run`
  return { sql, parameters }
}
