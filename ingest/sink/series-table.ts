import { isLate, lateSteps, mayHaveTiles } from './late-points.ts'

/**
 * The running summary of every active series, in one flat array: a row of 16 float64 a series, found by its slot. What each point
 * reads and writes is in the first half of a row, which is one line of the processor's cache; 15 arrays side by side would be ten lines.
 * Nothing here is for the garbage collector. Steps and counts are exact up to 2^53.
 */
export type SeriesTable = {
  capacity: number
  /** Slots below this have been used. */
  top: number
  readonly free: number[]
  summaries: Float64Array
  /** By slot; 1: changed since it was last stored. */
  changed: Uint8Array
}

/** Float64 of one row of `summaries`. */
export const summaryWidth = 16

/** Where each field is in its row. */
export const summaryFields = {
  count: 0,
  /** The highest step, and the value and time logged last at it. */
  lastStep: 1,
  last: 2,
  lastTime: 3,
  /** Over finite values; +Infinity and -Infinity while there is none. */
  min: 4,
  minStep: 5,
  max: 6,
  maxStep: 7,
  firstStep: 8,
  nan: 9,
  positiveInfinity: 10,
  negativeInfinity: 11,
  /** NaN while every value was finite. */
  firstNonFiniteStep: 12,
  /** Points whose step was not above every earlier one. */
  disorder: 13,
  /** Log offset up to which the stored summary goes; -1: none stored. */
  version: 14,
} as const

export type SummaryField = keyof typeof summaryFields

const emptySummary = new Float64Array(summaryWidth)
emptySummary[summaryFields.lastStep] = Number.NEGATIVE_INFINITY
emptySummary[summaryFields.firstStep] = Number.POSITIVE_INFINITY
emptySummary[summaryFields.min] = Number.POSITIVE_INFINITY
emptySummary[summaryFields.max] = Number.NEGATIVE_INFINITY
emptySummary[summaryFields.firstNonFiniteStep] = Number.NaN
emptySummary[summaryFields.version] = -1

export function createSeriesTable(capacity = 1024): SeriesTable {
  const summaries = new Float64Array(capacity * summaryWidth)
  return { capacity, top: 0, free: [], summaries, changed: new Uint8Array(capacity) }
}

/** A slot with an empty summary. */
export function addSeries(table: SeriesTable): number {
  const slot = table.free.pop() ?? table.top++
  if (slot >= table.capacity) grow(table)
  table.summaries.set(emptySummary, slot * summaryWidth)
  table.changed[slot] = 0
  return slot
}

export function seriesInUse(table: SeriesTable): number {
  return table.top - table.free.length
}

export function readSummary(table: SeriesTable, slot: number, field: SummaryField): number {
  return table.summaries[slot * summaryWidth + summaryFields[field]]!
}

export function writeSummary(table: SeriesTable, slot: number, field: SummaryField, value: number): void {
  table.summaries[slot * summaryWidth + summaryFields[field]] = value
}

function grow(table: SeriesTable): void {
  table.capacity *= 2
  const summaries = new Float64Array(table.capacity * summaryWidth)
  summaries.set(table.summaries)
  table.summaries = summaries
  const changed = new Uint8Array(table.capacity)
  changed.set(table.changed)
  table.changed = changed
}

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
