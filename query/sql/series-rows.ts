import { type StepRange, withinSteps } from './step-range.ts'
import { type Binder, createBinder, type Statement } from './text.ts'

export type SeriesRows = StepRange & {
  /** Series, pair by pair. */
  readonly series: readonly { readonly run: bigint; readonly metric: bigint }[]
}

/** How few bytes a row has: bits of the short key of `charts/short-keys.ts`, and whether steps are sent in 32 bits. */
export type RowForm = { readonly bits: 16 | 32; readonly shift: number; readonly narrow: boolean }

/** Steps in 32 bits; those that do not fit come as one of these. */
export const narrowest = { least: -(2 ** 31), most: 2 ** 31 - 1 }

/**
 * The points of series as they lie in the store: `series`, the short key, `at`, the step, and `code`. Within a block those of one series stand together in
 * the order of step, then of logging; but a series may be in several blocks, and these come in any order: to sort a million rows takes as long
 * again as to read them. Reading stops at `rows` rows. What is left out of a row is not copied, and collected as garbage, three times.
 */
export function seriesRows(question: SeriesRows, { bits, shift, narrow }: RowForm, rows: number): Statement {
  const { parameters, bind } = createBinder()
  const { least, most } = narrowest
  // Under another name, or the range of steps would be one of this and not of the column.
  const at = narrow ? `toInt32(greatest(least(step, ${most}), ${least}))` : 'step'
  const steps = withinSteps(question, bind)
  const sql = `
SELECT toUInt${bits}(bitShiftRight(bitXor(run, metric), ${bind('UInt32', shift)})) AS series, ${at} AS at, code
FROM points
PREWHERE ${among(question, bind)}${steps === undefined ? '' : `\nWHERE ${steps}`}
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
