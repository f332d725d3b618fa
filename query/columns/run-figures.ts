import type { SummaryField } from '../sql/summaries.ts'
import { findKey } from './keys.ts'
import { type FigureColumn, figureColumn } from './needs.ts'
import { isAbsent } from './numbers.ts'
import { figuresOf, type RunTable } from './table.ts'

/** Which figures of which metrics of which runs. */
export type FiguresQuestion = {
  readonly project: string
  readonly keys: readonly bigint[]
  readonly metrics: readonly string[]
  readonly fields: readonly SummaryField[]
  /** The answer holds at least what the store showed then, by `performance.now()`. */
  readonly sinceMs: number
}

/** Of one run: for each metric that it has, its name and the figures asked for, in their order; undefined where there is none. */
export type RunFigures = readonly { readonly metric: string; readonly figures: readonly (number | undefined)[] }[]

/** A figure that every series has tells whether a run has the metric. */
const always: readonly SummaryField[] = ['COUNT', 'LAST', 'FIRST_STEP', 'LAST_STEP', 'NON_FINITE_COUNT']
const sign = (fields: readonly SummaryField[]): SummaryField =>
  fields.find((field) => always.includes(field)) ?? 'COUNT'

export function needsOfFigures({ metrics, fields }: FiguresQuestion): FigureColumn[] {
  const all = new Set([...fields, sign(fields)])
  return metrics.flatMap((metric) => [...all].map((field) => figureColumn(metric, field)))
}

/** In the order of the keys. To be called while nobody changes the table. */
export function figuresOfRuns(table: RunTable, { keys, metrics, fields }: FiguresQuestion): RunFigures[] {
  const columns = metrics.map((metric) => {
    const column = (field: SummaryField) => figuresOf(table, figureColumn(metric, field))
    return { metric, sign: column(sign(fields)), figures: fields.map(column) }
  })
  return keys.map((key) => {
    const row = findKey(table.keys, key)
    if (row === -1) return []
    return columns
      .filter((one) => !isAbsent(one.sign, row))
      .map(({ metric, figures }) => ({
        metric,
        figures: figures.map((column) => (isAbsent(column, row) ? undefined : column.values[row]!)),
      }))
  })
}
