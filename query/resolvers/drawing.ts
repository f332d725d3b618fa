import { limits } from '../../schema/limits.ts'
import { metricsOf } from '../expressions/expression.ts'
import { parseExpression } from '../expressions/parse.ts'
import { failure } from '../failures.ts'
import { fingerprint, opaqueText, partsOf } from '../opaque.ts'
import {
  type Axis,
  type Drawing,
  needsPoints,
  type Place,
  type Range,
  type Reduction,
  type Smoothing,
  type Target,
} from '../pipeline/question.ts'
import { bucketsIn, type Maybe, type RangeInput, rangeOf } from './inputs.ts'

/** The arguments that say how curves are drawn, as the SDL types them. */
export type DrawingInput = RangeInput & {
  readonly metrics?: Maybe<readonly string[]>
  readonly expressions?: Maybe<readonly string[]>
  readonly x?: Maybe<Axis>
  readonly xMetric?: Maybe<string>
  readonly fromTime?: Maybe<number>
  readonly toTime?: Maybe<number>
  readonly fromRelative?: Maybe<number>
  readonly toRelative?: Maybe<number>
  readonly fromX?: Maybe<number>
  readonly toX?: Maybe<number>
  readonly reduction?: Maybe<Reduction>
  readonly smoothing?: Maybe<SmoothingInput>
  readonly first?: Maybe<number>
  readonly after?: Maybe<string>
}

/** Exactly one of these. */
export type SmoothingInput = {
  readonly halfLife?: Maybe<number>
  readonly points?: Maybe<number>
  readonly width?: Maybe<number>
}

/** What the curves are of and how they are drawn; `run` where there is only one: a page of RAW can go on only there. */
export type DrawingQuestion = { readonly project: string; readonly run: string | undefined }

/** How many series one run has in the answer. */
export const seriesOfRun = (input: DrawingInput) => (input.metrics?.length ?? 0) + (input.expressions?.length ?? 0)

/** How many points or buckets each series may have in the answer. */
export const pointsOfSeries = (input: DrawingInput) => (input.reduction === 'RAW' ? pageIn(input) : bucketsIn(input))

const pageIn = ({ first }: DrawingInput): number => {
  const points = first ?? 1000
  if (points >= 1 && points <= limits.rawPagePoints) return points
  throw failure('BAD_INPUT', `first is ${points}; it must be from 1 to ${limits.rawPagePoints}`)
}

/** @throws BAD_INPUT, BAD_EXPRESSION and BAD_CURSOR, each with what is wrong */
export function drawingOf(input: DrawingInput, of: DrawingQuestion): { targets: Target[]; drawing: Drawing } {
  const targets = targetsOf(input)
  const { fromStep, toStep, buckets, repeated } = rangeOf(input)
  const reduction = input.reduction ?? 'M4'
  const [axis, xMetric] = axisOf(input)
  const x = finiteRange('X', input.fromX, input.toX)
  if (axis !== 'METRIC' && isGiven(input.fromX ?? input.toX)) throw failure('BAD_INPUT', 'fromX and toX need x: METRIC')
  if (reduction !== 'RAW' && isGiven(input.first ?? input.after)) {
    throw failure('BAD_INPUT', 'first and after are for the pages of reduction: RAW')
  }
  const drawing: Drawing = {
    ...{ axis, xMetric, x, repeated, reduction, buckets },
    steps: { from: fromStep, to: toStep },
    time: finiteRange('Time', input.fromTime, input.toTime),
    relative: finiteRange('Relative', input.fromRelative, input.toRelative),
    smoothing: smoothingOf(input.smoothing),
    pagePoints: reduction === 'RAW' ? pageIn(input) : 0,
    after: undefined,
  }
  refuseManyMetrics(targets, drawing)
  if (!isGiven(input.after)) return { targets, drawing }
  if (targets.length !== 1 || of.run === undefined) {
    throw failure('BAD_INPUT', 'after goes on with one series: ask for one run and one metric or expression')
  }
  return {
    targets,
    drawing: { ...drawing, after: parsePlace(listOf(of, targets[0]!.name, drawing), input.after!) },
  }
}

const isGiven = (value: unknown) => value !== null && value !== undefined

function targetsOf({ metrics, expressions }: DrawingInput): Target[] {
  const plain = (metrics ?? []).map((name): Target => ({ name, metrics: [name], expression: undefined }))
  const computed = (expressions ?? []).map((text): Target => {
    const expression = parseExpression(text)
    return { name: text, metrics: metricsOf(expression), expression }
  })
  return [...plain, ...computed]
}

/** Those of the points that are read; plain curves by step name as many as they have series. */
function refuseManyMetrics(targets: readonly Target[], drawing: Drawing): void {
  if (!needsPoints({ targets, drawing })) return
  const names = new Set(targets.flatMap(({ metrics }) => metrics))
  if (names.size <= limits.metricNamesPerQuestion) return
  const most = limits.metricNamesPerQuestion
  throw failure(
    'BAD_INPUT',
    `metrics and expressions name ${names.size} different metrics; at most ${most} are allowed`,
  )
}

function axisOf({ x, xMetric }: DrawingInput): [Axis, string | undefined] {
  const axis = x ?? 'STEP'
  if ((axis === 'METRIC') !== isGiven(xMetric)) throw failure('BAD_INPUT', 'x: METRIC and xMetric go together')
  return [axis, xMetric ?? undefined]
}

/** A literal such as 1e999 comes as Infinity, which no end of a range is. */
function finiteRange(name: string, from: Maybe<number>, to: Maybe<number>): Range {
  for (const end of [from, to]) {
    if (isGiven(end) && !Number.isFinite(end))
      throw failure('BAD_INPUT', `an end of the range of ${name} is beyond float64`)
  }
  const range = { from: from ?? Number.NEGATIVE_INFINITY, to: to ?? Number.POSITIVE_INFINITY }
  if (range.from <= range.to) return range
  throw failure('BAD_INPUT', `from${name} is ${range.from}, after to${name}, which is ${range.to}`)
}

function smoothingOf(input: Maybe<SmoothingInput>): Smoothing | undefined {
  if (!input) return undefined
  const { halfLife, points, width } = input
  const positive = (name: string, value: number) => {
    if (value > 0 && Number.isFinite(value)) return value
    throw failure('BAD_INPUT', `smoothing.${name} is ${value}; it must be above 0`)
  }
  if (typeof halfLife === 'number') return { method: 'EMA', halfLife: positive('halfLife', halfLife) }
  if (typeof width === 'number') return { method: 'MOVING_AVERAGE', width: positive('width', width) }
  if (typeof points === 'number' && points >= 1 && points <= limits.movingAveragePoints) {
    return { method: 'MOVING_AVERAGE', points }
  }
  throw failure('BAD_INPUT', `smoothing.points is ${points}; it must be from 1 to ${limits.movingAveragePoints}`)
}

/** What a cursor belongs to, so that one of another list is refused instead of misread. */
function listOf({ project, run }: DrawingQuestion, target: string, drawing: Drawing): string {
  const { axis, xMetric, steps, time, relative, x, repeated, smoothing } = drawing
  return fingerprint([project, run, target, axis, xMetric, steps, time, relative, x, repeated, smoothing])
}

/** The cursor behind a place of a series. */
export function formatPlace(of: DrawingQuestion, target: string, drawing: Drawing, { step, skip }: Place): string {
  return opaqueText([listOf(of, target, drawing), step, skip])
}

function parsePlace(list: string, text: string): Place {
  const parts = partsOf(text)
  const [of, step, skip] = parts?.length === 3 ? parts : []
  if (of === list && Number.isSafeInteger(step) && Number.isSafeInteger(skip)) {
    return { step: step as number, skip: skip as number }
  }
  throw failure('BAD_CURSOR', 'the cursor is not one of this series drawn in this way')
}
