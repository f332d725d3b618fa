import { type Curve, curveOfBuckets } from '../curves.ts'
import { type BucketTable, type Points, sum } from '../reduce/buckets.ts'
import { bucketsOf, bucketsOfLogged } from '../reduce/fill.ts'
import { bucketStart, bucketWidthOf } from '../reduce/grid.ts'
import { type Repeated, withoutSuperseded } from '../reduce/repeated.ts'
import { type Changes, createChanges, noteChange, noteReset } from './changes.ts'
import { appendRows, coarsen, hasFinite, type LiveTable, liveTable, replaceRows, rowsOf } from './table.ts'

/** How a series is drawn. */
export type Drawing = { readonly buckets: number; readonly repeated: Repeated }

/** Steps, both included. */
export type Stretch = { readonly from: number; readonly to: number }

/** A watched series up to some moment, kept so that newer points can be added to it without the older ones. */
export type SeriesState = Drawing & {
  changes: Changes
  /** All points as they were logged, in the order of step, then of logging, while they are at most `buckets`; `table` afterwards. */
  whole: Points | undefined
  table: LiveTable | undefined
  /** Steps that one bucket covers. */
  width: number
  /** Of all points; NaN when there is none. */
  firstStep: number
  lastStep: number
  /** What must be read again before anything is added: the answer it began with does not tell enough of it. */
  unclear: Stretch | undefined
  /** What `curveOf` last made of it. */
  curve: Curve | undefined
}

/** What a state becomes: the points logged since, and all points of a stretch that holds those which are not behind all others. */
export type Addition = { readonly rows: Points; readonly stretch?: Stretch; readonly stretchRows?: Points }

const everything: Stretch = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }

/** A state from an answer that has everything up to `offset`, and maybe more. */
export function stateOfCurve(curve: Curve, drawing: Drawing, offset: number): SeriesState {
  const changes = createChanges(offset)
  const { bucketWidth: width, points } = curve
  const common = { ...drawing, changes, width, curve: undefined }
  const logged = points.steps.length + curve.superseded
  // As many points as buckets may come back whole, and a curve of more is exact only by chance.
  if (logged <= drawing.buckets && curve.exact) {
    const unclear = curve.superseded > 0 ? everything : undefined
    // A copy, for the answer's columns hold many series.
    const whole = { steps: points.steps.slice(), values: points.values.slice() }
    return { ...common, ...extentOf(points), whole, table: undefined, unclear }
  }
  const table = curve.buckets()
  const last = table.count - 1
  const allFinite = hasFinite(table, last) && nonFiniteOf(table, last) === 0
  const lastBucket = { from: table.steps[last]!, to: table.steps[last]! + (width - 1) }
  // A curve that was reduced here, of some thousand points, does not say in which buckets its superseded points lie.
  const isCounted = curve.superseded === sum(table.superseded)
  const unclear = allFinite ? undefined : lastBucket
  return {
    ...common,
    whole: undefined,
    table: liveTable(table),
    firstStep: firstStepOf(table),
    lastStep: allFinite ? table.lastSteps[last]! : lastBucket.to,
    unclear: isCounted ? unclear : { from: table.steps[0]!, to: lastBucket.to },
  }
}

/**
 * What must be read again to add points: where new points lie at or before old ones, one may supersede another. `overlap`: some of the
 * points may be in the state already.
 */
export function stretchToRead(state: SeriesState, { steps }: Points, overlap: boolean): Stretch | undefined {
  const { unclear, width } = state
  if (state.whole) return unclear || (overlap && steps.length > 0) ? everything : undefined
  let late = overlap ? steps.length : 0
  while (late < steps.length && steps[late]! <= state.lastStep) late++
  if (late === 0) return unclear
  const from = bucketStart(steps[0]!, width)
  const to = bucketStart(steps[late - 1]!, width) + (width - 1)
  return unclear ? { from: Math.min(from, unclear.from), to: Math.max(to, unclear.to) } : { from, to }
}

/** How many points a stretch holds, new ones aside. */
export function pointsIn(state: SeriesState, { from, to }: Stretch): number {
  if (state.whole) return state.whole.steps.length
  const { count, columns } = state.table!
  let points = 0
  for (let row = count - 1; row >= 0 && columns.steps[row]! + (state.width - 1) >= from; row--)
    if (columns.steps[row]! <= to) points += columns.counts[row]! + columns.superseded[row]!
  return points
}

/** Adds points at a moment. */
export function addPoints(state: SeriesState, addition: Addition, offset: number): void {
  const firstNew = addition.rows.steps[0]
  if (state.whole) addToWhole(state, addition)
  else addToTable(state, addition)
  state.unclear = undefined
  state.curve = undefined
  const width = Number.isNaN(state.firstStep) ? 1 : bucketWidthOf(state.firstStep, state.lastStep, state.buckets)
  const becomesTable = state.whole !== undefined && state.whole.steps.length > state.buckets
  if (state.whole && becomesTable) {
    state.table = liveTable(bucketsOfLogged(state.whole, width, state.repeated))
    state.whole = undefined
  } else if (state.table && width > state.width) coarsen(state.table, width)
  if (becomesTable || width !== state.width) noteReset(state.changes, offset)
  else if (firstNew !== undefined) noteChange(state.changes, offset, bucketStart(firstNew, width))
  state.width = width
}

function addToWhole(state: SeriesState, { rows, stretchRows }: Addition): void {
  state.whole = stretchRows ?? merged(state.whole!, rows)
  Object.assign(state, extentOf(state.whole))
}

function addToTable(state: SeriesState, { rows, stretch, stretchRows }: Addition): void {
  const table = state.table!
  const { repeated, width } = state
  const readTo = Math.max(state.lastStep, stretch?.to ?? Number.NEGATIVE_INFINITY)
  if (stretch && stretchRows) {
    replaceRows(table, stretch.from, stretch.to, bucketsOfLogged(stretchRows, width, repeated))
    if (stretch.to >= state.lastStep && stretchRows.steps.length > 0) state.lastStep = stretchRows.steps.at(-1)!
  }
  let tail = rows.steps.length
  while (tail > 0 && rows.steps[tail - 1]! > readTo) tail--
  if (tail < rows.steps.length) {
    appendRows(table, bucketsOfLogged(cutPoints(rows, tail), width, repeated))
    state.lastStep = rows.steps.at(-1)!
  }
  if (rows.steps.length > 0) state.firstStep = Math.min(state.firstStep, rows.steps[0]!)
}

/** The curve as it stands: valid until points are added. */
export function curveOf(state: SeriesState): Curve {
  state.curve ??= drawn(state)
  return state.curve
}

function drawn(state: SeriesState): Curve {
  const { width: bucketWidth, repeated } = state
  if (state.whole) {
    const { superseded, ...points } = withoutSuperseded(state.whole, repeated)
    return { points, exact: true, bucketWidth, superseded, buckets: () => bucketsOf(points, bucketWidth) }
  }
  return curveOfBuckets(rowsOf(state.table!), bucketWidth)
}

/** Two lists in the order of step as one; of one step those of `a` come first, being logged before. */
function merged(a: Points, b: Points): Points {
  const length = a.steps.length + b.steps.length
  const [steps, values] = [new Float64Array(length), new Float64Array(length)]
  for (let i = 0, j = 0, k = 0; k < length; k++) {
    const fromA = j >= b.steps.length || (i < a.steps.length && a.steps[i]! <= b.steps[j]!)
    steps[k] = fromA ? a.steps[i]! : b.steps[j]!
    values[k] = fromA ? a.values[i++]! : b.values[j++]!
  }
  return { steps, values }
}

export const cutPoints = ({ steps, values }: Points, from: number, to?: number): Points => ({
  steps: steps.subarray(from, to),
  values: values.subarray(from, to),
})

const extentOf = ({ steps }: Points) => ({
  firstStep: steps[0] ?? Number.NaN,
  lastStep: steps.at(-1) ?? Number.NaN,
})

/** The lowest step there is: each kind of value tells its first. */
function firstStepOf(table: BucketTable): number {
  return Math.min(
    hasFinite(table, 0) ? table.firstSteps[0]! : Number.POSITIVE_INFINITY,
    table.nan[0]! > 0 ? table.nanSteps[0]! : Number.POSITIVE_INFINITY,
    table.positiveInfinity[0]! > 0 ? table.positiveInfinitySteps[0]! : Number.POSITIVE_INFINITY,
    table.negativeInfinity[0]! > 0 ? table.negativeInfinitySteps[0]! : Number.POSITIVE_INFINITY,
  )
}

const nonFiniteOf = (table: BucketTable, row: number) =>
  table.nan[row]! + table.positiveInfinity[row]! + table.negativeInfinity[row]!
