import { metricKey } from '../../schema/keys.ts'
import { decodedSql } from '../../schema/value-codes-sql.ts'
import type { Derived } from './derived-figures.ts'
import { type RunSelection, selectedRuns } from './run-selection.ts'
import { createBinder, type Statement } from './text.ts'

/** Which of the points of one step: every one, or the one logged last or first. */
export type ExportedPoints = 'ALL' | 'LAST' | 'FIRST'

export type ExportPoints = RunSelection & {
  /** Only these; all when undefined. */
  readonly metrics: readonly string[] | undefined
  readonly fromStep: number
  readonly toStep: number
  readonly points: ExportedPoints
}

export type ExportStatement = Statement & { readonly summaries: boolean; readonly derived: readonly Derived[] }

/**
 * Every point of the runs: `project, run, name, metric, step, time, value, superseded`, in the order of the primary key, so series by series and by step.
 * The points of a step are counted by a window over rows that come in order, in flat memory, as quick as a window that finds the last alone; LIMIT 1 BY held a GB for 20 M rows.
 * Names are looked up for the few keys of a block instead of joined.
 */
export function exportPoints(question: ExportPoints): ExportStatement {
  const binder = createBinder()
  const { bind } = binder
  const { sql: runs, summaries, derived } = selectedRuns(question, 'runs.key AS key, runs.run AS id, name', binder)
  const project = bind('String', question.project)
  const metrics = question.metrics
    ? `SELECT pair.1 AS key, pair.2 AS id FROM (SELECT arrayJoin(arrayZip(${bind('Array(UInt64)', question.metrics.map(metricKey))}, ${bind('Array(String)', question.metrics)})) AS pair)`
    : `SELECT metric_key AS key, min(metric) AS id FROM series WHERE project = ${project} GROUP BY metric_key`
  // A scalar, which the engine finds once however often it is named: what is chosen and how it is called cannot differ.
  const runTable = `(SELECT (groupArray(key), groupArray(id), groupArray(name)) FROM (${runs}))`
  const metricTable = `(SELECT (groupArray(key), groupArray(id)) FROM (${metrics}))`
  // Never empty, which the look-up does not take. There are rows of the key 0 (`schema/fence.ts`), but none is chosen.
  const called = (key: string, keys: string, names: string) =>
    `transform(toLowCardinality(${key}), arrayPushFront(${keys}, toUInt64(0)), arrayPushFront(${names}, ''), '')`
  const chosen = `run IN (SELECT arrayJoin(${runTable}.1)) AND metric IN (SELECT arrayJoin(${metricTable}.1))
    AND step BETWEEN ${bind('Int64', question.fromStep)} AND ${bind('Int64', question.toStep)}`
  const sql = `
WITH ${runTable} AS runTable, ${metricTable} AS metricTable
SELECT toLowCardinality(${project}) AS project, ${called('runKey', 'runTable.1', 'runTable.2')} AS run, ${called('runKey', 'runTable.1', 'runTable.3')} AS name,
  ${called('metricKey', 'metricTable.1', 'metricTable.2')} AS metric, step, time, value, toUInt32(superseded) AS superseded
FROM (${rowsOf(question.points, chosen)})
SETTINGS optimize_read_in_window_order = 1, query_plan_enable_multithreading_after_window_functions = 0, read_in_order_use_buffering = 0`
  return { sql, parameters: binder.parameters, summaries: summaries || question.metrics === undefined, derived }
}

function rowsOf(points: ExportedPoints, chosen: string): string {
  // The n-th of the points of its step, of `total`.
  const counted = `SELECT run, metric, step, time, code, row_number() OVER point AS n, count() OVER point AS total FROM points WHERE ${chosen}
    WINDOW point AS (PARTITION BY run, metric, step ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`
  const columns = `run AS runKey, metric AS metricKey, step, time, ${decodedSql('code')} AS value`
  if (points === 'ALL') return `SELECT ${columns}, total - n AS superseded FROM (${counted})`
  return `SELECT ${columns}, total - 1 AS superseded FROM (${counted}) WHERE n = ${points === 'LAST' ? 'total' : '1'}`
}
