import { metricKey, runKey } from '../../schema/keys.ts'
import type { Watermark } from '../../schema/store.ts'
import { createGroupBatcher } from '../batch.ts'
import { type Curve, emptyCurve, loadCurves } from '../curves.ts'
import type { Reading } from '../pipeline/budget.ts'
import type { DrawnSeries } from '../pipeline/draw.ts'
import { loadPipeline } from '../pipeline/load.ts'
import { type Drawing, needsPoints, type PipelineQuestion } from '../pipeline/question.ts'
import { createTimeReader, type TimeReader } from '../pipeline/times.ts'
import { type BucketTable, type Points, sum } from '../reduce/buckets.ts'
import { seriesId } from '../series-reads.ts'
import { type Currency, currencyOf } from './currency.ts'
import { formatPlace } from './drawing.ts'
import { drawnAnswer, reducedPoints } from './drawn-series.ts'
import { withNulls } from './nulls.ts'

type Loaded = {
  readonly hasPoints: (run: string) => boolean
  /** The series of one run, in the order asked. */
  readonly seriesOf: (run: string, currency: Currency) => SeriesAnswer[]
}

/** Curves that the store can reduce come as buckets (`curves.ts`), all others from their points (`pipeline/`). */
export function loadSeries(reading: Reading, question: PipelineQuestion): Promise<Loaded> {
  return needsPoints(question) ? loadDrawn(reading, question) : loadReduced(reading, question)
}

async function loadReduced(reading: Reading, question: PipelineQuestion): Promise<Loaded> {
  const { project, runs, targets, drawing } = question
  const { steps, buckets, repeated } = drawing
  const metrics = targets.map(({ name }) => name)
  const asked = { project, runs, metrics, fromStep: steps.from, toStep: steps.to, buckets, repeated }
  const curves = await loadCurves(reading.reader, asked, reading.readOptions)
  const timesOf = createTimeReader(reading, repeated)
  const runKeys = new Map(runs.map((run) => [run, runKey(project, run)]))
  const keysOf = (run: string, metric: string) => ({ run: runKeys.get(run)!, metric: metricKey(metric) })
  const curveOf = (keys: ReturnType<typeof keysOf>) => curves.get(seriesId(keys.run, keys.metric))
  return {
    hasPoints: (run) => metrics.some((metric) => curveOf(keysOf(run, metric)) !== undefined),
    seriesOf: (run, currency) =>
      metrics.map((metric) => {
        const keys = keysOf(run, metric)
        const curve = curveOf(keys) ?? emptyCurve
        return { run, metric, ...seriesAnswer(curve, drawing, currency, (points) => timesOf({ ...keys, points })) }
      }),
  }
}

async function loadDrawn(reading: Reading, question: PipelineQuestion): Promise<Loaded> {
  const { project, targets, drawing } = question
  const drawn = await loadPipeline(reading, question)
  const endOf = (run: string, metric: string, { end }: DrawnSeries) =>
    end ? formatPlace({ project, run }, metric, drawing, end) : null
  return {
    hasPoints: (run) => [...(drawn.get(run)?.values() ?? [])].some(({ totals }) => totals.points > 0),
    seriesOf: (run, currency) =>
      targets.map((target) => {
        const series = drawn.get(run)!.get(target)!
        const metric = target.name
        const { receipt, ...answer } = drawnAnswer(series, drawing)
        const endCursor = endOf(run, metric, series)
        return { run, metric, ...answer, endCursor, receipt: () => ({ ...receipt(), ...currency }) }
      }),
  }
}

/** Curves of one run of a page; asked together for all runs of the page that want the same. */
export type SeriesLoader = (request: SeriesRequest) => Promise<readonly SeriesAnswer[]>
type SeriesRequest = Omit<PipelineQuestion, 'runs'> & { readonly run: string }

export function createSeriesLoader(reading: Reading, watermark: Watermark): SeriesLoader {
  return createGroupBatcher(
    ({ run: _, ...rest }) => JSON.stringify(rest),
    async (requests) => {
      const currency = await currencyOf(watermark)
      const runs = requests.map(({ run }) => run)
      const { seriesOf } = await loadSeries(reading, { ...requests[0]!, runs })
      return requests.map(({ run }) => seriesOf(run, currency))
    },
  )
}

export type SeriesAnswer = { readonly run: string; readonly metric: string; readonly [field: string]: unknown }

function seriesAnswer(
  curve: Curve,
  drawing: Drawing,
  currency: Currency,
  timesOf: (points: Points) => ReturnType<TimeReader>,
) {
  const reduced = reducedPoints(curve, drawing)
  const { steps, values } = reduced.points
  let looked: ReturnType<TimeReader> | undefined
  const times = () => {
    looked ??= timesOf(reduced.points)
    return looked
  }
  return {
    ...{ steps, values, x: steps, times },
    ...{ stepsPacked: steps, valuesPacked: values, xPacked: steps, timesPacked: times },
    endCursor: null,
    buckets: () => bucketsAnswer(curve.buckets()),
    receipt: () => {
      const { exact, extremesLeftOut } = reduced
      const method = exact ? 'RAW' : drawing.reduction
      return { ...receiptOf(curve), ...currency, method, exact, extremesLeftOut, pointsReturned: steps.length }
    },
  }
}

export function bucketsAnswer(table: BucketTable) {
  return {
    ...table,
    x: table.steps,
    xPacked: table.steps,
    mean: null,
    meanPacked: null,
    first: () => withNulls(table.first),
    min: () => withNulls(table.min),
    max: () => withNulls(table.max),
    last: () => withNulls(table.last),
    stepsPacked: table.steps,
    countsPacked: table.counts,
    firstPacked: table.first,
    minPacked: table.min,
    maxPacked: table.max,
    lastPacked: table.last,
    nanPacked: table.nan,
    positiveInfinityPacked: table.positiveInfinity,
    negativeInfinityPacked: table.negativeInfinity,
  }
}

export function receiptOf(curve: Curve) {
  const table = curve.buckets()
  const standing = sum(table.counts)
  return {
    method: curve.exact ? 'RAW' : 'M4',
    exact: curve.exact,
    pointsReturned: curve.points.steps.length,
    ...{ axis: 'STEP', xMetric: null, origin: null, smoothing: null, withoutPartner: 0, nonFiniteX: 0 },
    extremesLeftOut: 0,
    bucketWidth: curve.bucketWidth,
    pointsTotal: standing + curve.superseded,
    superseded: curve.superseded,
    nan: sum(table.nan),
    positiveInfinity: sum(table.positiveInfinity),
    negativeInfinity: sum(table.negativeInfinity),
    firstNonFiniteStep: firstNonFiniteStep(table),
  }
}

function firstNonFiniteStep(table: BucketTable): number | null {
  const { nan, positiveInfinity, negativeInfinity } = table
  let row = 0
  while (row < table.count && nan[row]! + positiveInfinity[row]! + negativeInfinity[row]! === 0) row++
  if (row === table.count) return null
  const candidates: number[] = []
  if (table.nan[row]! > 0) candidates.push(table.nanSteps[row]!)
  if (table.positiveInfinity[row]! > 0) candidates.push(table.positiveInfinitySteps[row]!)
  if (table.negativeInfinity[row]! > 0) candidates.push(table.negativeInfinitySteps[row]!)
  return Math.min(...candidates)
}
