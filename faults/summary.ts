import type { FramePoints } from './frame.ts'
import type { Lane } from './plan.ts'

/** What a series' points come to, taken in the order of the log. */
export type Summary = {
  count: number
  firstStep: number
  /** The highest step, and the value and time logged last at it. */
  lastStep: number
  last: number
  lastTimeMs: number
  /** Over finite values, the first logged of equal ones; NaN while there is none. */
  min: number
  minStep: number
  max: number
  maxStep: number
  nan: number
  positiveInfinity: number
  negativeInfinity: number
  firstNonFiniteStep: number | undefined
  /** Points whose step was not above every earlier one. */
  disorder: number
}

function emptySummary(): Summary {
  return {
    ...{ count: 0, firstStep: Number.POSITIVE_INFINITY, lastStep: Number.NEGATIVE_INFINITY },
    ...{ last: Number.NaN, lastTimeMs: 0, min: Number.NaN, minStep: 0, max: Number.NaN, maxStep: 0 },
    ...{ nan: 0, positiveInfinity: 0, negativeInfinity: 0, firstNonFiniteStep: undefined, disorder: 0 },
  }
}

/** Adds a stored frame to the summaries of its run. */
export function addFrame(summaries: Map<string, Summary>, lane: Lane, frame: FramePoints): void {
  lane.shape.metrics.forEach((metric, m) => {
    let summary = summaries.get(metric)
    if (summary === undefined) {
      summary = emptySummary()
      summaries.set(metric, summary)
    }
    for (let i = 0; i < frame.count; i++) {
      addPoint(summary, frame.firstStep + i * lane.stride, frame.firstTimeMs + i, frame.values[m * frame.count + i]!)
    }
  })
}

function addPoint(summary: Summary, step: number, timeMs: number, value: number): void {
  summary.count++
  if (step < summary.firstStep) summary.firstStep = step
  if (step <= summary.lastStep) summary.disorder++
  if (step >= summary.lastStep) {
    summary.lastStep = step
    summary.last = value
    summary.lastTimeMs = timeMs
  }
  if (Number.isFinite(value)) {
    if (!(summary.min <= value)) {
      summary.min = value
      summary.minStep = step
    }
    if (!(summary.max >= value)) {
      summary.max = value
      summary.maxStep = step
    }
    return
  }
  if (Number.isNaN(value)) summary.nan++
  else if (value > 0) summary.positiveInfinity++
  else summary.negativeInfinity++
  if (!(summary.firstNonFiniteStep! <= step)) summary.firstNonFiniteStep = step
}

const floats = new Float64Array(1)
const bits = new BigUint64Array(floats.buffer)
/** A float's bits as a decimal text; every NaN has the same. */
export function bitsOf(value: number): string {
  if (Number.isNaN(value)) return '9221120237041090560'
  floats[0] = value
  return String(bits[0])
}

/** The bits of a column, in SQL, as {@link bitsOf} has them. */
export const bitsSql = (column: string): string =>
  `if(isNaN(${column}), toUInt64(9221120237041090560), reinterpretAsUInt64(${column}))`

/** The row of `series`, every column as text. */
export function seriesRow(summary: Summary): Record<string, string> {
  return {
    count: String(summary.count),
    first_step: String(summary.firstStep),
    last_step: String(summary.lastStep),
    last_time: String(summary.lastTimeMs),
    last: bitsOf(summary.last),
    min: bitsOf(summary.min),
    min_step: String(summary.minStep),
    max: bitsOf(summary.max),
    max_step: String(summary.maxStep),
    nan_count: String(summary.nan),
    positive_infinity_count: String(summary.positiveInfinity),
    negative_infinity_count: String(summary.negativeInfinity),
    first_nonfinite_step: String(summary.firstNonFiniteStep ?? 'none'),
    disorder: String(summary.disorder),
  }
}

const asText: Readonly<Record<string, string>> = {
  last_time: 'toString(toUnixTimestamp64Milli(last_time))',
  first_nonfinite_step: `ifNull(toString(first_nonfinite_step), 'none')`,
  ...Object.fromEntries(['last', 'min', 'max'].map((name) => [name, `toString(${bitsSql(name)})`])),
}

/** SELECT list that gives rows as {@link seriesRow} makes them; named apart, so that no alias hides a column. */
export const seriesColumns = Object.keys(seriesRow(emptySummary()))
  .map((name) => `${asText[name] ?? `toString(${name})`} AS ${name}_text`)
  .join(', ')

/** As the API shows it: JSON has no -0, and non-finite values are texts. */
export function shownSummary(name: string, summary: Summary): object {
  const shown = (value: number) => (Number.isFinite(value) ? value + 0 : String(value))
  const absent = Number.isNaN(summary.min)
  return {
    name,
    count: summary.count,
    firstStep: summary.firstStep,
    lastStep: summary.lastStep,
    last: shown(summary.last),
    min: absent ? null : shown(summary.min),
    max: absent ? null : shown(summary.max),
    minStep: absent ? null : summary.minStep,
    maxStep: absent ? null : summary.maxStep,
    nan: summary.nan,
    positiveInfinity: summary.positiveInfinity,
    negativeInfinity: summary.negativeInfinity,
    firstNonFiniteStep: summary.firstNonFiniteStep ?? null,
  }
}
