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
  const summaries = rowsOfLines(capacity)
  return { capacity, top: 0, free: [], summaries, changed: new Uint8Array(capacity) }
}

/** Large memory begins 16 bytes behind a page, after what malloc writes there; 48 more and no half of a row lies in two lines of the cache. */
const toNextLine = 48

function rowsOfLines(rows: number): Float64Array {
  return new Float64Array(new ArrayBuffer(rows * summaryWidth * 8 + toNextLine), toNextLine, rows * summaryWidth)
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
  const summaries = rowsOfLines(table.capacity)
  summaries.set(table.summaries)
  table.summaries = summaries
  const changed = new Uint8Array(table.capacity)
  changed.set(table.changed)
  table.changed = changed
}
