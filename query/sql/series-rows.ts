import { limits } from '../../schema/limits.ts'
import { type Binder, createBinder, type Statement } from './text.ts'

export type SeriesRows = {
  /** Series, pair by pair. */
  readonly series: readonly { readonly run: bigint; readonly metric: bigint }[]
  /** Inclusive. */
  readonly fromStep: number
  readonly toStep: number
}

/**
 * The points of series as they lie in the store: `series, step, value`. `series` is the short key of `charts/short-keys.ts`. Within a block
 * those of one series stand together in the order of step, then of logging; but a series may be in several blocks, and these come in any
 * order: to sort a million rows takes as long again as to read them. Reading stops at `rows` rows.
 */
export function seriesRows(question: SeriesRows, shift: number, rows: number): Statement {
  const { parameters, bind } = createBinder()
  const sql = `
SELECT toUInt32(bitShiftRight(bitXor(run, metric), ${bind('UInt32', shift)})) AS series, step, value
FROM points
PREWHERE ${among(question, bind)}${within(question, bind)}
LIMIT ${bind('UInt32', rows)}`
  return { sql, parameters }
}

/** Each run with each metric where that is what the pairs are: to look up pairs takes longer. */
function among({ series }: SeriesRows, bind: Binder['bind']): string {
  const runs = [...new Set(series.map(({ run }) => run))]
  const metrics = [...new Set(series.map(({ metric }) => metric))]
  if (series.length === runs.length * metrics.length) {
    const [metric] = metrics
    const ofMetrics =
      metrics.length === 1 ? `metric = ${bind('UInt64', metric!)}` : `metric IN ${bind('Array(UInt64)', metrics)}`
    return `${ofMetrics} AND run IN ${bind('Array(UInt64)', runs)}`
  }
  const column = (key: 'run' | 'metric') =>
    bind(
      'Array(UInt64)',
      series.map((one) => one[key]),
    )
  return `(run, metric) IN (arrayZip(${column('run')}, ${column('metric')}))`
}

/** Not said where all steps are meant: the store would look at each. */
function within({ fromStep, toStep }: SeriesRows, bind: Binder['bind']): string {
  if (fromStep <= -limits.stepMagnitude && toStep >= limits.stepMagnitude) return ''
  return `\nWHERE step BETWEEN ${bind('Int64', fromStep)} AND ${bind('Int64', toStep)}`
}
