import type { Curve } from '../curves.ts'
import { type CellTable, tableOfBuckets } from '../pipeline/cell-table.ts'
import type { DrawnSeries } from '../pipeline/draw.ts'
import type { Drawing, Smoothing } from '../pipeline/question.ts'
import { selectPoints } from '../pipeline/select.ts'
import { sum } from '../reduce/buckets.ts'
import { withNulls } from './nulls.ts'

/** A series drawn from its points, as the SDL's `Series` but for its names, its cursor and how current it is. */
export function drawnAnswer(series: DrawnSeries, drawing: Drawing) {
  const { selected, totals, exact, origin } = series
  const { steps, values, xs, times } = selected
  return {
    ...{ steps, values, x: xs, times: times ?? null },
    ...{ stepsPacked: steps, valuesPacked: values, xPacked: xs, timesPacked: times ?? null },
    buckets: () => cellsAnswer(series.table(), drawing),
    receipt: () => ({
      method: exact ? 'RAW' : drawing.reduction,
      exact,
      axis: drawing.axis,
      xMetric: drawing.xMetric ?? null,
      origin: Number.isNaN(origin) ? null : origin,
      bucketWidth: Math.min(series.table().width, Number.MAX_VALUE),
      pointsTotal: totals.points + totals.superseded,
      pointsReturned: steps.length,
      superseded: totals.superseded,
      nan: totals.nan,
      positiveInfinity: totals.positiveInfinity,
      negativeInfinity: totals.negativeInfinity,
      firstNonFiniteStep: totals.firstNonFiniteStep,
      withoutPartner: series.withoutPartner,
      nonFiniteX: series.nonFiniteX,
      extremesLeftOut: selected.extremesLeftOut,
      smoothing: smoothingAnswer(drawing.smoothing),
    }),
  }
}

function smoothingAnswer(smoothing: Smoothing | undefined) {
  return smoothing ? { halfLife: null, points: null, width: null, ...smoothing } : null
}

function cellsAnswer(table: CellTable, { axis }: Drawing) {
  const column = (role: { values: Float64Array }) =>
    role.values.map((value, row) => (table.first.counts[row]! > 0 ? value : Number.NaN))
  const steps = axis === 'STEP' ? table.starts : table.lowestSteps
  const [first, min, max, last] = [column(table.first), column(table.low), column(table.high), column(table.last)]
  const { means } = table
  return {
    count: table.count,
    ...{ steps, x: table.starts, counts: table.points },
    ...{ first: withNulls(first), min: withNulls(min), max: withNulls(max), last: withNulls(last) },
    mean: means ? withNulls(means) : null,
    nan: table.nan.counts,
    positiveInfinity: table.positive.counts,
    negativeInfinity: table.negative.counts,
    ...{ stepsPacked: steps, xPacked: table.starts, countsPacked: table.points },
    ...{ firstPacked: first, minPacked: min, maxPacked: max, lastPacked: last, meanPacked: means ?? null },
    nanPacked: table.nan.counts,
    positiveInfinityPacked: table.positive.counts,
    negativeInfinityPacked: table.negative.counts,
  }
}

/** What is shown of a curve whose buckets came from the store: M4 as it is, another reduction chosen from them. */
export function reducedPoints(curve: Curve, { reduction, buckets }: Drawing) {
  const asItIs = { points: curve.points, exact: curve.exact, extremesLeftOut: 0 }
  if (reduction !== 'LAST' && reduction !== 'LTTB') return asItIs
  const table = tableOfBuckets(curve.buckets(), curve.bucketWidth)
  const standing = sum(table.points)
  if (standing + curve.superseded <= buckets) return asItIs
  const { steps, values, extremesLeftOut } = selectPoints(table, reduction, true)
  return { points: { steps, values }, exact: steps.length === standing, extremesLeftOut }
}
