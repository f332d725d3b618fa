import { metricKey } from '../../schema/keys.ts'
import type { Unread } from '../columns/blocks.ts'
import { columnSql, type RunColumn } from '../columns/needs.ts'
import { numberSql } from '../columns/numbers.ts'
import { figures, type SummaryField } from './summaries.ts'
import { type Binder, createBinder, type Statement } from './text.ts'

/** A row for each run: `key, version`, its `id` if wanted, and for the n-th column `c<n>`, of texts with `h<n>` 0 where the run has none. */
function runColumnsSql(columns: readonly RunColumn[], withId: boolean, { bind }: Binder): string {
  const values = columns.flatMap((column, n) => {
    const { value, has } = columnSql(column, bind)
    return column.kind === 'number'
      ? [`${numberSql(value, has)} AS c${n}`]
      : [`${value} AS c${n}`, `toUInt8(${has}) AS h${n}`]
  })
  const id = withId ? ['runs.run AS id'] : []
  return ['SELECT key, toFloat64(version) AS version', ...id, ...values].join(', ')
}

/** Runs of a project by id, those after one, up to another, newest rows only; with their ids where they are to be the first `rows`. */
export function runsByName(
  project: string,
  columns: readonly RunColumn[],
  range: { after: string; upTo?: string; rows?: number },
): Statement {
  const binder = createBinder()
  const { parameters, bind } = binder
  const sql = `${runColumnsSql(columns, range.rows !== undefined, binder)} FROM runs FINAL
WHERE project = ${bind('String', project)} AND runs.run > ${bind('String', range.after)}
${range.upTo === undefined ? '' : `AND runs.run <= ${bind('String', range.upTo)}`}
${range.rows === undefined ? '' : `ORDER BY runs.run LIMIT ${bind('UInt32', range.rows)}`}`
  return { sql, parameters }
}

/** Rows of a project's runs that were not read yet, the older first. */
export function unreadRuns(project: string, columns: readonly RunColumn[], unread: Unread, rows: number): Statement {
  const binder = createBinder()
  const { parameters, bind } = binder
  const sql = `${runColumnsSql(columns, true, binder)} FROM runs
WHERE project = ${bind('String', project)} AND ${unreadSql(unread, binder)}
ORDER BY runs.version, _block_number LIMIT ${bind('UInt32', rows)}`
  return { sql, parameters }
}

/** A row for each run that has the metric: `key, version` and each figure as `f<n>`. */
function figuresSql(project: string, metric: string, fields: readonly SummaryField[], { bind }: Binder): string {
  const values = fields.map((field, n) => `${numberSql(figures[field].value, figures[field].exists)} AS f${n}`)
  return `SELECT run_key AS key, toFloat64(version) AS version, ${values.join(', ')} FROM metric_figures
WHERE project = ${bind('String', project)} AND metric_key = ${bind('UInt64', metricKey(metric))}`
}

/** Figures of the runs whose keys lie in a range, both ends inclusive; of a run maybe several rows. */
export function figuresByKey(
  project: string,
  metric: string,
  fields: readonly SummaryField[],
  [first, last]: readonly [bigint, bigint],
): Statement {
  const binder = createBinder()
  const { parameters, bind } = binder
  const sql = `${figuresSql(project, metric, fields, binder)} AND run_key >= ${bind('UInt64', first)} AND run_key <= ${bind('UInt64', last)}`
  return { sql, parameters }
}

/** Figures that were not read yet. */
export function unreadFigures(
  project: string,
  metric: string,
  fields: readonly SummaryField[],
  unread: Unread,
  rows: number,
): Statement {
  const binder = createBinder()
  const { parameters, bind } = binder
  const sql = `${figuresSql(project, metric, fields, binder)} AND ${unreadSql(unread, binder)} LIMIT ${bind('UInt32', rows)}`
  return { sql, parameters }
}

/** Ranges of blocks in one statement; rows of others come again, which changes nothing. */
const rangesPerStatement = 16

function unreadSql({ wholeParts, blocks }: Unread, { bind }: Binder): string {
  const parts = wholeParts.length === 0 ? [] : [`_part NOT IN ${bind('Array(String)', wholeParts)}`]
  const ranges = blocks
    .slice(0, rangesPerStatement)
    .map(([first, last]) => `(_block_number < ${bind('Int64', first)} OR _block_number > ${bind('Int64', last)})`)
  return [...parts, ...ranges, '1'].join(' AND ')
}

/** How many rows a project has in `runs`; a run has several until its parts are merged. */
export function runRowsCount(project: string): Statement {
  const { parameters, bind } = createBinder()
  return { sql: `SELECT toFloat64(count()) AS count FROM runs WHERE project = ${bind('String', project)}`, parameters }
}

/** Whether both tables keep their rows as `blocks.ts` needs it: on one server, in parts that are no replica's. */
export const enginesStatement: Statement = {
  sql: `SELECT toFloat64(countIf(engine = 'ReplacingMergeTree')) AS plain FROM system.tables
WHERE database = currentDatabase() AND name IN ('runs', 'metric_figures')`,
  parameters: {},
}

/** Records of runs by key: `key, record, version, block`; of one run maybe several, in any order: sorting them here costs 3 ms. */
export function runRecords(keys: readonly bigint[]): Statement {
  const { parameters, bind } = createBinder()
  const sql = `SELECT key, record, toFloat64(version) AS version, toFloat64(_block_number) AS block FROM run_records
  WHERE key IN ${bind('Array(UInt64)', keys)}`
  return { sql, parameters }
}
