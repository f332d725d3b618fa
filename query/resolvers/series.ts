import { metricKey, runKey } from '../../schema/keys.ts'
import type { ReadOptions, StoreReader, Watermark } from '../../schema/store.ts'
import { createGroupBatcher } from '../batch.ts'
import type { Context } from '../context.ts'
import { type Curve, type CurvesQuestion, emptyCurve, loadCurves } from '../curves.ts'
import { failure } from '../failures.ts'
import type { BucketTable } from '../reduce/buckets.ts'
import { seriesId } from '../series-reads.ts'
import { knownRuns } from '../sql/known-runs.ts'
import { ask, texts } from '../sql/read.ts'
import { arrive } from './arrive.ts'
import { type Maybe, type RangeInput, rangeOf } from './inputs.ts'
import type { RunRow } from './run.ts'

export type SeriesInput = RangeInput & {
  readonly project: string
  readonly runs: readonly string[]
  readonly metrics: readonly string[]
  readonly at?: Maybe<string>
}

/** How current an answer is: read before the store is asked, so that it never claims too much. */
type Currency = { readonly watermark: string; readonly watermarkTime: number }

const currencyOf = (watermark: Watermark): Currency => ({
  watermark: watermark.current(),
  watermarkTime: watermark.currentTimeMs(),
})

export async function resolveSeries(_: unknown, { input }: { input: SeriesInput }, context: Context) {
  const question = { project: input.project, runs: input.runs, metrics: input.metrics, ...rangeOf(input) }
  await arrive(context, input.at, false)
  const currency = currencyOf(context.watermark)
  const curves = await loadCurves(context.reader, question, context.readOptions)
  await refuseUnknownRuns(context, question, curves)
  return input.runs.flatMap((run) => seriesOf(question, run, curves, currency))
}

/** A run with points is known by them; only the others are looked up. */
async function refuseUnknownRuns(
  context: Context,
  { project, runs, metrics }: CurvesQuestion,
  curves: ReadonlyMap<string, Curve>,
): Promise<void> {
  const hasPoints = (run: string) =>
    metrics.some((metric) => curves.has(seriesId(runKey(project, run), metricKey(metric))))
  const asked = [...new Set(runs)].filter((run) => !hasPoints(run))
  if (asked.length === 0) return
  const known = new Set(texts(await ask(context.reader, knownRuns(project, asked), context.readOptions), 'run'))
  const unknown = asked.filter((run) => !known.has(run))
  if (unknown.length === 0) return
  const shown = unknown
    .slice(0, 10)
    .map((run) => JSON.stringify(run))
    .join(', ')
  const others = unknown.length > 10 ? ` and ${unknown.length - 10} more` : ''
  throw failure('UNKNOWN_RUN', `project ${JSON.stringify(project)} has no run ${shown}${others}`)
}

/** Curves of one run of a page; asked together for all runs of the page that want the same. */
export type SeriesLoader = (request: SeriesRequest) => Promise<readonly SeriesAnswer[]>
type SeriesRequest = Omit<CurvesQuestion, 'runs'> & { readonly run: string }

export function createSeriesLoader(reader: StoreReader, watermark: Watermark, options: ReadOptions): SeriesLoader {
  return createGroupBatcher(
    ({ run: _, ...rest }) => JSON.stringify(rest),
    async (requests) => {
      const currency = currencyOf(watermark)
      const runs = requests.map(({ run }) => run)
      const curves = await loadCurves(reader, { ...requests[0]!, runs }, options)
      return requests.map((request) => seriesOf(request, request.run, curves, currency))
    },
  )
}

export async function resolveRunSeries(
  run: RunRow,
  input: RangeInput & { metrics: readonly string[] },
  context: Context,
): Promise<readonly SeriesAnswer[]> {
  return context.seriesLoader({ project: run.project, run: run.run, metrics: input.metrics, ...rangeOf(input) })
}

type SeriesAnswer = ReturnType<typeof seriesAnswer>

function seriesOf(
  { project, metrics }: { project: string; metrics: readonly string[] },
  run: string,
  curves: ReadonlyMap<string, Curve>,
  currency: Currency,
): SeriesAnswer[] {
  const key = runKey(project, run)
  return metrics.map((metric) =>
    seriesAnswer(run, metric, curves.get(seriesId(key, metricKey(metric))) ?? emptyCurve, currency),
  )
}

function seriesAnswer(run: string, metric: string, curve: Curve, currency: Currency) {
  const { steps, values } = curve.points
  return {
    run,
    metric,
    steps,
    values,
    stepsPacked: steps,
    valuesPacked: values,
    buckets: () => bucketsAnswer(curve.buckets()),
    receipt: () => ({ ...receiptOf(curve), ...currency }),
  }
}

export function bucketsAnswer(table: BucketTable) {
  return {
    ...table,
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

/** These columns hold finite values only, so that NaN in them means that there is none. */
const withNulls = (column: Float64Array) => Array.from(column, (value) => (Number.isNaN(value) ? null : value))

export function receiptOf(curve: Curve) {
  const table = curve.buckets()
  const sum = (column: Float64Array) => column.reduce((total, count) => total + count, 0)
  const standing = sum(table.counts)
  return {
    method: curve.exact ? 'RAW' : 'M4',
    exact: curve.exact,
    bucketWidth: curve.bucketWidth,
    pointsTotal: standing + curve.superseded,
    pointsReturned: curve.points.steps.length,
    superseded: curve.superseded,
    nan: sum(table.nan),
    positiveInfinity: sum(table.positiveInfinity),
    negativeInfinity: sum(table.negativeInfinity),
    firstNonFiniteStep: firstNonFiniteStep(table),
  }
}

function firstNonFiniteStep(table: BucketTable): number | null {
  const row = table.counts.findIndex(
    (_, i) => table.nan[i]! + table.positiveInfinity[i]! + table.negativeInfinity[i]! > 0,
  )
  if (row < 0) return null
  const candidates: number[] = []
  if (table.nan[row]! > 0) candidates.push(table.nanSteps[row]!)
  if (table.positiveInfinity[row]! > 0) candidates.push(table.positiveInfinitySteps[row]!)
  if (table.negativeInfinity[row]! > 0) candidates.push(table.negativeInfinitySteps[row]!)
  return Math.min(...candidates)
}
