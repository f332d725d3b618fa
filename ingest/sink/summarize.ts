import { isLate, lateSteps, mayHaveTiles } from './late-points.ts'
import { type SeriesTable, summaryFields, summaryWidth, valueFields, valueWidth } from './series-table.ts'
import type { SetSeries } from './set-series.ts'

const at = summaryFields
const of = valueFields

/**
 * Adds `count` points of one series with strictly increasing `steps` to its summary; values are `logged[first …]`.
 * `lastTimeMs` is the time of the last of them.
 * @returns how many of the first of them are late (`late-points.ts`)
 */
export function summarize(
  table: SeriesTable,
  slot: number,
  logged: Float64Array,
  first: number,
  steps: Float64Array,
  count: number,
  lastTimeMs: number,
): number {
  const { values, summaries } = table
  const own = slot * valueWidth
  const row = slot * summaryWidth
  let min = values[own + of.min]!
  let max = values[own + of.max]!
  for (let i = 0; i < count; i++) {
    const value = logged[first + i]!
    // Finite values alone give 0 here.
    if (value - value === 0) {
      if (value < min) {
        min = value
        values[own + of.minStep] = steps[i]!
      }
      if (value > max) {
        max = value
        values[own + of.maxStep] = steps[i]!
      }
    } else countNonFinite(summaries, row, value, steps[i]!)
  }
  values[own + of.min] = min
  values[own + of.max] = max
  const highest = summaries[row + at.lastStep]!
  const highestNew = steps[count - 1]!
  if (highestNew >= highest) {
    summaries[row + at.lastStep] = highestNew
    values[own + of.last] = logged[first + count - 1]!
    summaries[row + at.lastTime] = lastTimeMs
  }
  summaries[row + at.count]! += count
  table.changed[slot] = 1
  // Only a new or a late point can be the first: all others leave the second half of the row alone.
  if (steps[0]! > highest && highest !== Number.NEGATIVE_INFINITY) return 0
  countLate(summaries, row, steps, count, highest)
  return mayHaveTiles(summaries[row + at.count]!) ? lateSteps(steps, count, highest) : 0
}

/** Which of the series of the last `summarizeStep` were late. */
export let lateOfStep = new Int32Array(64)

/**
 * As `summarize`, of one step of many series: value `first + i` is that of `slots[i]`.
 * @returns for how many series it is late: their numbers `i` are in `lateOfStep`
 */
export function summarizeStep(
  table: SeriesTable,
  slots: Int32Array,
  logged: Float64Array,
  first: number,
  step: number,
  timeMs: number,
): number {
  const { values, summaries, changed } = table
  let late = 0
  for (let i = 0; i < slots.length; i++) {
    const own = slots[i]! * valueWidth
    const row = slots[i]! * summaryWidth
    const value = logged[first + i]!
    if (value - value === 0) widen(values, own, value, step)
    else countNonFinite(summaries, row, value, step)
    const highest = summaries[row + at.lastStep]!
    if (step >= highest) {
      summaries[row + at.lastStep] = step
      values[own + of.last] = value
      summaries[row + at.lastTime] = timeMs
    }
    summaries[row + at.count]! += 1
    changed[slots[i]!] = 1
    if (!(step > highest) || highest === Number.NEGATIVE_INFINITY) {
      if (step <= highest) summaries[row + at.disorder]! += 1
      if (step < summaries[row + at.firstStep]!) summaries[row + at.firstStep] = step
      if (isLate(step, highest) && mayHaveTiles(summaries[row + at.count]!)) {
        if (late === lateOfStep.length) lateOfStep = Int32Array.from({ length: late * 2 }, (_, i) => lateOfStep[i] ?? 0)
        lateOfStep[late++] = i
      }
    }
  }
  return late
}

/**
 * As `summarizeStep`, of a step above `series.highest`: what is the same for all of the series is counted for the set. Without a branch that a value
 * decides: nearly every row is out of the cache, and where a guess at its extremes is wrong the processor begins the rows behind it anew.
 */
export function summarizeNext(
  table: SeriesTable,
  series: SetSeries,
  logged: Float64Array,
  first: number,
  step: number,
  timeMs: number,
): void {
  const { values } = table
  const { slots, firstSlot } = series
  const width = valueWidth
  const { min, minStep, max, maxStep, last } = of
  series.highest = step
  series.lastTime = timeMs
  series.unsettled++
  const { length } = slots
  let own = firstSlot * width
  for (let i = 0; i < length; i++, own += width) {
    if (firstSlot < 0) own = slots[i]! * width
    const value = logged[first + i]!
    values[own + last] = value
    if (value - value !== 0) {
      countNonFinite(table.summaries, slots[i]! * summaryWidth, value, step)
      continue
    }
    // The row of nobody takes what is no extreme.
    const lower = own & -numberOf(value < values[own + min]!)
    const higher = own & -numberOf(value > values[own + max]!)
    values[lower + min] = value
    values[lower + minStep] = step
    values[higher + max] = value
    values[higher + maxStep] = step
  }
}

/** Is compiled to no branch. */
function numberOf(is: boolean): number {
  return (is as unknown as number) | 0
}

/** A finite value may be the smallest or the largest. `own`: where the series' row of `values` begins. */
function widen(values: Float64Array, own: number, value: number, step: number): void {
  if (value < values[own + of.min]!) {
    values[own + of.min] = value
    values[own + of.minStep] = step
  }
  if (value > values[own + of.max]!) {
    values[own + of.max] = value
    values[own + of.maxStep] = step
  }
}

function countLate(summaries: Float64Array, row: number, steps: Float64Array, count: number, highest: number): void {
  let late = 0
  while (late < count && steps[late]! <= highest) late++
  summaries[row + at.disorder]! += late
  if (steps[0]! < summaries[row + at.firstStep]!) summaries[row + at.firstStep] = steps[0]!
}

function countNonFinite(summaries: Float64Array, row: number, value: number, step: number): void {
  if (value > 0) summaries[row + at.positiveInfinity]!++
  else if (value < 0) summaries[row + at.negativeInfinity]!++
  else summaries[row + at.nan]!++
  // By step, not by time of logging, so that the answer does not depend on the order of arrival.
  if (!(summaries[row + at.firstNonFiniteStep]! <= step)) summaries[row + at.firstNonFiniteStep] = step
}
