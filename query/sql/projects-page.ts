import { createBinder, type Statement } from './text.ts'

/** A page of projects by name: `project, runs, lastActivityMs`. */
export function projectsPage(after: string, rows: number): Statement {
  const { parameters, bind } = createBinder()
  const page = `SELECT DISTINCT project FROM runs WHERE project > ${bind('String', after)} ORDER BY project LIMIT ${bind('UInt32', rows)}`
  return { sql: projectsIn(page), parameters }
}

/** The same of those of these projects that there are. */
export function projectsByName(names: readonly string[]): Statement {
  const { parameters, bind } = createBinder()
  return { sql: projectsIn(bind('Array(String)', names)), parameters }
}

/** FINAL counts each run once: 16 ms over 100,000 runs, uniqExact 19. */
function projectsIn(page: string): string {
  return `
SELECT project, toFloat64(runCount) AS runs, toFloat64(toUnixTimestamp64Milli(greatest(updatedLast, receivedLast))) AS lastActivityMs
FROM (
  SELECT project, count() AS runCount, max(updated) AS updatedLast FROM runs FINAL WHERE project IN (${page}) GROUP BY project
) AS changes
LEFT JOIN (
  SELECT project, max(last_received) AS receivedLast FROM run_state WHERE project IN (${page}) GROUP BY project
) AS totals USING project
ORDER BY project`
}
