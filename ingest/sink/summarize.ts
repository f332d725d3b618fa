import { isLate, lateSteps, mayHaveTiles } from './late-points.ts'
import { type SeriesTable, summaryFields, summaryWidth } from './series-table.ts'

const at = summaryFields

/**
 * Adds `count` points of one series with strictly increasing `steps` to its summary; values are `values[first …]`.
 * `lastTimeMs` is the time of the last of them.
 * @returns how many of the first of them are late (`late-points.ts`)
 */
export function summarize(
  table: SeriesTable,
  slot: number,
  values: Float64Array,
  first: number,
  steps: Float64Array,
  count: number,
  lastTimeMs: number,
): number {
  const { summaries } = table
  const row = slot * summaryWidth
  let min = summaries[row + at.min]!
  let max = summaries[row + at.max]!
  for (let i = 0; i < count; i++) {
    const value = values[first + i]!
    // Finite values alone give 0 here.
    if (value - value === 0) {
      if (value < min) {
        min = value
        summaries[row + at.minStep] = steps[i]!
      }
      if (value > max) {
        max = value
        summaries[row + at.maxStep] = steps[i]!
      }
    } else countNonFinite(summaries, row, value, steps[i]!)
  }
  summaries[row + at.min] = min
  summaries[row + at.max] = max
  const highest = summaries[row + at.lastStep]!
  const highestNew = steps[count - 1]!
  if (highestNew >= highest) {
    summaries[row + at.lastStep] = highestNew
    summaries[row + at.last] = values[first + count - 1]!
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
  values: Float64Array,
  first: number,
  step: number,
  timeMs: number,
): number {
  const { summaries, changed } = table
  let late = 0
  for (let i = 0; i < slots.length; i++) {
    const row = slots[i]! * summaryWidth
    const value = values[first + i]!
    if (value - value === 0) {
      if (value < summaries[row + at.min]!) {
        summaries[row + at.min] = value
        summaries[row + at.minStep] = step
      }
      if (value > summaries[row + at.max]!) {
        summaries[row + at.max] = value
        summaries[row + at.maxStep] = step
      }
    } else countNonFinite(summaries, row, value, step)
    const highest = summaries[row + at.lastStep]!
    if (step >= highest) {
      summaries[row + at.lastStep] = step
      summaries[row + at.last] = value
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
