import { metricKey } from '../../schema/keys.ts'
import { type RunSelection, selectedRuns } from './run-selection.ts'
import { createBinder, type Statement } from './text.ts'

export type Superseded = 'ALL' | 'LAST' | 'FIRST'

export type ExportPoints = RunSelection & {
  /** Only these; all when undefined. */
  readonly metrics: readonly string[] | undefined
  readonly fromStep: number
  readonly toStep: number
  readonly superseded: Superseded
}

/**
 * Every point of the runs: `run, metric, step, time, value`, in the order of the primary key, so series by series and by step, in flat memory: 20 M rows
 * in 2.4 s, of each step the last 3.0 s; LIMIT 1 BY 3.5 s and 1 GB. Names are looked up for the few keys of a block instead of joined.
 */
export function exportPoints(question: ExportPoints): Statement & { readonly summaries: boolean } {
  const binder = createBinder()
  const { bind } = binder
  const runs = selectedRuns(question, 'runs.key AS key, runs.run AS name', binder)
  const names = question.metrics
    ? `SELECT arrayJoin(arrayZip(${bind('Array(UInt64)', question.metrics.map(metricKey))}, ${bind('Array(String)', question.metrics)})) AS pair, pair.1 AS key, pair.2 AS name`
    : `SELECT metric_key AS key, any(metric) AS name FROM series WHERE project = ${bind('String', question.project)} GROUP BY metric_key`
  // Never empty, which the look-up does not take.
  const table = (from: string) =>
    `(SELECT (arrayPushFront(groupArray(key), toUInt64(0)), arrayPushFront(groupArray(name), '')) FROM (${from}))`
  const named = (key: string, names: string) => `transform(toLowCardinality(${key}), ${names}.1, ${names}.2, '')`
  const chosen = `run IN (SELECT key FROM (${runs.sql})) AND metric IN (SELECT key FROM (${names}))
    AND step BETWEEN ${bind('Int64', question.fromStep)} AND ${bind('Int64', question.toStep)}`
  const sql = `
WITH ${table(runs.sql)} AS runNames, ${table(names)} AS metricNames
SELECT ${named('runKey', 'runNames')} AS run, ${named('metricKey', 'metricNames')} AS metric, step, time, value
FROM (${rows(question.superseded, chosen)})
SETTINGS optimize_read_in_window_order = 1, query_plan_enable_multithreading_after_window_functions = 0`
  return { sql, parameters: binder.parameters, summaries: runs.summaries || !question.metrics }
}

function rows(superseded: Superseded, chosen: string): string {
  const columns = 'run AS runKey, metric AS metricKey, step, time, value'
  if (superseded === 'ALL') return `SELECT ${columns} FROM points WHERE ${chosen} ORDER BY run, metric, step, ord`
  const [neighbour, frame] =
    superseded === 'LAST'
      ? ['leadInFrame', 'CURRENT ROW AND 1 FOLLOWING']
      : ['lagInFrame', '1 PRECEDING AND CURRENT ROW']
  return `SELECT ${columns} FROM (
    SELECT run, metric, step, time, value, ${neighbour}(step, 1, step - 1) OVER series AS other FROM points WHERE ${chosen}
    WINDOW series AS (PARTITION BY run, metric ORDER BY step, ord ROWS BETWEEN ${frame})
  ) WHERE other != step`
}
