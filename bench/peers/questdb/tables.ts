import { type Dataset, runId } from '../../dataset.ts'
import { columnOf, questTable } from '../formats/quest-lines.ts'

/** How points lie in the table: see the formats of the same names. */
export type Layout = { readonly wide: boolean; readonly arrival: boolean }

/** Where the point's own time is. */
const timeColumn = ({ arrival }: Layout) => (arrival ? 'logged' : 'timestamp')

export function createTable(dataset: Dataset, layout: Layout): string {
  const runs = 2 ** Math.ceil(Math.log2(Math.max(256, dataset.runs)))
  const columns = layout.wide
    ? dataset.metrics.map(({ name }) => `${columnOf(name)} DOUBLE`)
    : ['metric SYMBOL CAPACITY 256', 'value DOUBLE']
  const time = layout.arrival ? ['logged TIMESTAMP'] : []
  const all = [`run SYMBOL CAPACITY ${runs}`, 'step LONG', ...columns, ...time, 'timestamp TIMESTAMP']
  return `CREATE TABLE ${questTable} (${all.join(', ')}) TIMESTAMP(timestamp) PARTITION BY HOUR WAL`
}

/** Rows that were sent: WAL rows count once they are applied. */
export function rowsOf(dataset: Dataset, { wide }: Layout): number {
  return wide ? dataset.frames * dataset.stepsPerFrame : dataset.points
}

export const countRows = `SELECT count() FROM ${questTable}`

/** Values that are read as such. `count(value)` would count infinities, which compare and come back as null. */
export function countValues(dataset: Dataset, { wide }: Layout): string {
  if (!wide) return `SELECT count() FROM ${questTable} WHERE value != null`
  const columns = dataset.metrics.map(({ name }) => `sum(CASE WHEN ${columnOf(name)} != null THEN 1 ELSE 0 END)`)
  return `SELECT ${columns.join(' + ')} FROM ${questTable}`
}

/** Time in ms and value of a series' points. */
export function selectSeries(dataset: Dataset, layout: Layout, run: number, metric: number): string {
  const { name } = dataset.metrics[metric]!
  const value = layout.wide ? columnOf(name) : 'value'
  const where = [`run = '${runId(run)}'`, `${value} != null`, ...(layout.wide ? [] : [`metric = '${name}'`])]
  const time = timeColumn(layout)
  return `SELECT cast(${time} AS LONG) / 1000, ${value} FROM ${questTable} WHERE ${where.join(' AND ')} ORDER BY ${time}`
}
