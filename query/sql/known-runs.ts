import { createBinder, type Statement } from './text.ts'

/** Which of some runs a project has: `run`. */
export function knownRuns(project: string, runs: readonly string[]): Statement {
  const { parameters, bind } = createBinder()
  const sql = `SELECT DISTINCT run FROM runs WHERE project = ${bind('String', project)} AND run IN ${bind('Array(String)', runs)}`
  return { sql, parameters }
}
