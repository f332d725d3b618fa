/** Summaries of curves over every point that was logged, as the sink keeps them, and the rows of their runs. */
import { metricKey, runKey } from '../../schema/keys.ts'
import { integers } from '../rows.ts'
import { type Curve, epochMs, firstLogged, type Logged, lateLogged, timeOf } from './curve.ts'
import type { Block } from './curve-rows.ts'
import { armOf, type CurveProject } from './plan.ts'

export type CurveSummary = {
  count: number
  last: number
  min: number
  minStep: number
  max: number
  maxStep: number
  nan: number
  positiveInfinity: number
  negativeInfinity: number
  firstNonFiniteStep: number | null
  /** Points whose step was not above every earlier one. */
  disorder: number
}

const pieceSteps = 1_000_000

export function summaryOf(curve: Curve): CurveSummary {
  const summary: CurveSummary = {
    ...{ count: 0, last: Number.NaN, min: Number.NaN, minStep: 0, max: Number.NaN, maxStep: 0 },
    ...{ nan: 0, positiveInfinity: 0, negativeInfinity: 0, firstNonFiniteStep: null, disorder: 0 },
  }
  const lastStep = curve.steps - 1
  let reached = -1
  const add = ({ steps, values }: Logged): void => {
    summary.count += steps.length
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!
      const value = values[i]!
      if (step > reached) reached = step
      else summary.disorder++
      if (step === lastStep) summary.last = value
      if (Number.isFinite(value)) addFinite(summary, step, value)
      else addOther(summary, step, value)
    }
  }
  for (let from = 0; from < curve.steps; from += pieceSteps) {
    add(firstLogged(curve, from, Math.min(curve.steps, from + pieceSteps)))
  }
  add(lateLogged(curve))
  return summary
}

function addFinite(summary: CurveSummary, step: number, value: number): void {
  if (!(value >= summary.min)) {
    summary.min = value
    summary.minStep = step
  }
  if (!(value <= summary.max)) {
    summary.max = value
    summary.maxStep = step
  }
}

function addOther(summary: CurveSummary, step: number, value: number): void {
  summary[Number.isNaN(value) ? 'nan' : value > 0 ? 'positiveInfinity' : 'negativeInfinity']++
  if (summary.firstNonFiniteStep === null || step < summary.firstNonFiniteStep) summary.firstNonFiniteStep = step
}

/** The rows of `series`, `runs` and `run_state` of a project, in the order in which the sink writes them. */
export function summaryBlocks({ project, metric, curves }: CurveProject): Block[] {
  const rows = curves.length
  const summaries = curves.map(summaryOf)
  const whole = (figure: (summary: CurveSummary, i: number) => number) =>
    integers(Float64Array.from(summaries, (summary, i) => figure(summary, i)))
  const float = (figure: (summary: CurveSummary) => number) => Float64Array.from(summaries, figure)
  const same = (text: string): string[] => new Array<string>(rows).fill(text)
  const time = "DateTime64(3, 'UTC')"
  const keys = BigUint64Array.from(curves, ({ run }) => runKey(project, run))
  const names = curves.map(({ run }) => run)
  const owner = [
    { name: 'project', type: 'String', data: same(project) },
    { name: 'run', type: 'String', data: names },
  ] as const
  const version = { name: 'version', type: 'UInt64', data: new BigUint64Array(rows).fill(1n) } as const
  const empty = curves.map(() => new Map<string, string>())
  const updated = integers(new Float64Array(rows).fill(epochMs))
  return [
    {
      table: 'series',
      rows,
      columns: [
        ...owner,
        { name: 'metric', type: 'String', data: same(metric) },
        { name: 'run_key', type: 'UInt64', data: keys },
        { name: 'metric_key', type: 'UInt64', data: new BigUint64Array(rows).fill(metricKey(metric)) },
        { name: 'count', type: 'UInt64', data: whole(({ count }) => count) },
        { name: 'first_step', type: 'Int64', data: whole(() => 0) },
        { name: 'last_step', type: 'Int64', data: whole((_, i) => curves[i]!.steps - 1) },
        { name: 'last_time', type: time, data: whole((_, i) => timeOf(curves[i]!.steps - 1)) },
        { name: 'last', type: 'Float64', data: float(({ last }) => last) },
        { name: 'min', type: 'Float64', data: float(({ min }) => min) },
        { name: 'min_step', type: 'Int64', data: whole(({ minStep }) => minStep) },
        { name: 'max', type: 'Float64', data: float(({ max }) => max) },
        { name: 'max_step', type: 'Int64', data: whole(({ maxStep }) => maxStep) },
        { name: 'nan_count', type: 'UInt64', data: whole(({ nan }) => nan) },
        { name: 'positive_infinity_count', type: 'UInt64', data: whole((one) => one.positiveInfinity) },
        { name: 'negative_infinity_count', type: 'UInt64', data: whole((one) => one.negativeInfinity) },
        { name: 'first_nonfinite_step', type: 'Nullable(Int64)', data: summaries.map((one) => one.firstNonFiniteStep) },
        { name: 'disorder', type: 'UInt64', data: whole(({ disorder }) => disorder) },
        version,
      ],
    },
    {
      table: 'runs',
      rows,
      columns: [
        ...owner,
        { name: 'key', type: 'UInt64', data: keys },
        { name: 'name', type: 'String', data: names },
        { name: 'state', type: 'String', data: same('finished') },
        { name: 'created', type: time, data: updated },
        { name: 'updated', type: time, data: updated },
        { name: 'params', type: 'String', data: curves.map((_, i) => JSON.stringify({ arm: armOf(i) })) },
        { name: 'params_text', type: 'Map(String, String)', data: curves.map((_, i) => new Map([['arm', armOf(i)]])) },
        { name: 'params_number', type: 'Map(String, Float64)', data: curves.map(() => new Map<string, number>()) },
        { name: 'tags', type: 'Map(String, String)', data: empty },
        version,
      ],
    },
    {
      table: 'run_state',
      rows,
      columns: [
        ...owner,
        { name: 'run_key', type: 'UInt64', data: keys },
        { name: 'points', type: 'UInt64', data: whole(({ count }) => count) },
        { name: 'frames', type: 'UInt64', data: whole(() => 2) },
        { name: 'duplicate_frames', type: 'UInt64', data: whole(() => 0) },
        { name: 'metrics', type: 'UInt32', data: new Uint32Array(rows).fill(1) },
        { name: 'last_received', type: time, data: updated },
        { name: 'writers', type: 'String', data: same('[]') },
        version,
      ],
    },
  ]
}
