/** Questions about curves: one of any length, windows of it, and many in a chart. */
import { metricKey, runKey } from '../../schema/keys.ts'
import { uniforms } from '../random.ts'
import { shortNumber } from '../report/svg.ts'
import type { Curve } from './curve.ts'
import { type CurveAnswer, checkCurve } from './curve-check.ts'
import type { CurveProject, Plan } from './plan.ts'
import { type Ask, type Data, graphql, type Question, type Scan } from './question.ts'

const receipt = `receipt { method exact bucketWidth pointsTotal pointsReturned superseded nan positiveInfinity
  negativeInfinity firstNonFiniteStep }`
const queries = {
  packed: `query ($in: SeriesInput!) { series(input: $in) { run metric stepsPacked valuesPacked ${receipt} } }`,
  json: `query ($in: SeriesInput!) { series(input: $in) { run metric steps values ${receipt} } }`,
} as const
export type Form = keyof typeof queries

const buckets = 1_000
const chartBuckets = 500
/** A longer one has a target of its own: it must not be read from end to end. */
const longestShort = 1e5
const askedUnderLoad = { p50: 20, p99: 60 }
const windowsPerCurve = 40

export function lengthQuestions({ lengths, seed }: Plan): Question[] {
  return lengths.flatMap((project) => project.curves.flatMap((curve) => questionsOf(project, curve, seed)))
}

function questionsOf(project: CurveProject, curve: Curve, seed: number): Question[] {
  const size = shortNumber(curve.steps)
  const ordered = curve.kind === 'ordered'
  const long = curve.steps > longestShort
  const asked = long ? { p50: 12, p99: 30 } : { p50: 10, p99: 25 }
  const name = `1e${Math.log10(curve.steps)}`.replace('.', '_')
  const whole = { from: 0, to: curve.steps - 1 }
  const line = (form: Form): Question => ({
    id: `curve-${name}${ordered ? '-ordered' : ''}-${form}`,
    group: 'curves',
    question: `one series of ${size} points${ordered ? ' in order' : ''}, whole, ${buckets} buckets, ${form === 'json' ? 'JSON' : 'packed'}`,
    asked,
    ...(long && !ordered && form === 'packed' ? { underLoad: { asked: askedUnderLoad } } : {}),
    asks: [ask(project, [curve], form, whole, buckets)],
    scans: [scan(project, [curve], whole, buckets)],
    plot: { line: ordered ? 'in order' : `whole, ${form === 'json' ? 'JSON' : 'packed'}`, size: curve.steps },
  })
  if (ordered) return [line('packed')]
  const windows = windowsOf(curve, seed)
  const zoom: Question = {
    id: `window-${name}-packed`,
    group: 'curves',
    question: `${windows.length} windows of a series of ${size} points, anywhere, of any width, ${buckets} buckets, packed`,
    asked: { p50: 12, p99: 30 },
    underLoad: { asked: askedUnderLoad },
    asks: windows.map((window) => ask(project, [curve], 'packed', window, buckets)),
    scans: windows.slice(0, 8).map((window) => scan(project, [curve], window, buckets)),
    plot: { line: 'windows, packed', size: curve.steps },
  }
  return [line('packed'), line('json'), ...(long ? [zoom] : [])]
}

export function chartQuestions({ chart }: Plan): Question[] {
  const { curves } = chart
  const steps = curves[0]!.steps
  const whole = { from: 0, to: steps - 1 }
  return (['packed', 'json'] as const).map((form) => ({
    id: `chart-${form}`,
    group: 'chart',
    question: `${curves.length} runs x 1 metric of ${shortNumber(steps)} points, ${chartBuckets} buckets each, ${form === 'json' ? 'JSON' : 'packed'}`,
    asked: { p50: 60, p99: 120 },
    ...(form === 'packed' ? { underLoad: { asked: null } } : {}),
    asks: [ask(chart, curves, form, whole, chartBuckets)],
    scans: [scan(chart, curves, whole, chartBuckets)],
  }))
}

/** Steps, both inclusive. */
type Range = { readonly from: number; readonly to: number }

/** Half of the widths are below the geometric mean of a screen's worth of points and the whole series. */
function windowsOf({ steps }: Curve, seed: number): Range[] {
  const uniform = uniforms(seed ^ steps)
  return Array.from({ length: windowsPerCurve }, () => {
    const width = Math.floor(buckets * (steps / buckets) ** uniform())
    const from = Math.floor(uniform() * (steps - width))
    return { from, to: from + width - 1 }
  })
}

function ask(project: CurveProject, curves: readonly Curve[], form: Form, range: Range, count: number): Ask {
  const { from, to } = range
  const input = {
    project: project.project,
    runs: curves.map(({ run }) => run),
    metrics: [project.metric],
    buckets: count,
    ...(from > 0 || to < curves[0]!.steps - 1 ? { fromStep: from, toStep: to } : {}),
  }
  const window = { fromStep: from, toStep: to, buckets: count }
  return {
    body: graphql(queries[form], { in: input }),
    verify(data: Data) {
      const series = data.series as readonly CurveAnswer[]
      curves.forEach((curve, i) => void checkCurve(curve, window, series[i]))
    },
  }
}

/** Of every bucket its first, lowest, highest and last point and their number, by an aggregation that reads all of them. */
function scan(project: CurveProject, curves: readonly Curve[], { from, to }: Range, count: number): Scan {
  const width = 2 ** Math.max(0, Math.ceil(Math.log2((to - from) / (count - 1))))
  return {
    sql: `
SELECT run, bitAnd(step, {grid:Int64}) AS bucket, count() AS points, argMin(value, step) AS first, min(value) AS low, max(value) AS high,
  argMax(value, step) AS last
FROM point_values WHERE run IN {runs:Array(UInt64)} AND metric = {metric:UInt64} AND step BETWEEN {from:Int64} AND {to:Int64}
GROUP BY run, bucket ORDER BY run, bucket`,
    parameters: {
      ...{ grid: -width, from, to, metric: metricKey(project.metric) },
      runs: curves.map(({ run }) => runKey(project.project, run)),
    },
  }
}
