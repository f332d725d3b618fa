/**
 * The running summary of every active series, in two flat arrays, found by its slot: what nearly each point reads or writes lies close together, and
 * everything else in rows of its own. 15 arrays side by side would be fifteen lines of the processor's cache a point. Nothing here is for the
 * garbage collector. Steps and counts are exact up to 2^53; those that all series of a set have in common may be known to it alone for a while (`set-series.ts`).
 */
export type SeriesTable = {
  capacity: number
  /** Slots below this have been used, of which the first is nobody's: `summarize.ts` writes there what it has no use for. */
  top: number
  readonly free: number[]
  /** `valueWidth` float64 a series. */
  values: Float64Array
  /** `summaryWidth` float64 a series. */
  summaries: Float64Array
  /** By slot; 1: changed since it was last stored. */
  changed: Uint8Array
}

export const valueWidth = 5

/** Where each field is in its row of `values`. */
export const valueFields = {
  /** Over finite values; +Infinity and -Infinity while there is none. */
  min: 0,
  minStep: 1,
  max: 2,
  maxStep: 3,
  /** Logged last at the highest step. */
  last: 4,
} as const

export const summaryWidth = 10

/** Where each field is in its row of `summaries`. */
export const summaryFields = {
  count: 0,
  /** The highest step, and the time logged last at it. */
  lastStep: 1,
  lastTime: 2,
  firstStep: 3,
  nan: 4,
  positiveInfinity: 5,
  negativeInfinity: 6,
  /** NaN while every value was finite. */
  firstNonFiniteStep: 7,
  /** Points whose step was not above every earlier one. */
  disorder: 8,
  /** Log offset up to which the stored summary goes; -1: none stored. */
  version: 9,
} as const

export type SummaryField = keyof typeof summaryFields | keyof typeof valueFields

export const allSummaryFields = Object.keys({ ...summaryFields, ...valueFields }) as SummaryField[]

const emptyValues = new Float64Array(valueWidth)
emptyValues[valueFields.min] = Number.POSITIVE_INFINITY
emptyValues[valueFields.max] = Number.NEGATIVE_INFINITY

const emptySummary = new Float64Array(summaryWidth)
emptySummary[summaryFields.lastStep] = Number.NEGATIVE_INFINITY
emptySummary[summaryFields.firstStep] = Number.POSITIVE_INFINITY
emptySummary[summaryFields.firstNonFiniteStep] = Number.NaN
emptySummary[summaryFields.version] = -1

export function createSeriesTable(capacity = 1024): SeriesTable {
  return { capacity, top: 1, free: [], ...arrays(capacity) }
}

function arrays(capacity: number): Pick<SeriesTable, 'values' | 'summaries' | 'changed'> {
  return {
    values: new Float64Array(capacity * valueWidth),
    summaries: new Float64Array(capacity * summaryWidth),
    changed: new Uint8Array(capacity),
  }
}

/** A slot with an empty summary. */
export function addSeries(table: SeriesTable): number {
  const slot = table.free.pop() ?? table.top++
  if (slot >= table.capacity) grow(table)
  table.values.set(emptyValues, slot * valueWidth)
  table.summaries.set(emptySummary, slot * summaryWidth)
  table.changed[slot] = 0
  return slot
}

export function seriesInUse(table: SeriesTable): number {
  return table.top - 1 - table.free.length
}

/** Where a field is: that of a slot is `memory[slot * width + at]`. */
export function fieldOf(
  { values, summaries }: SeriesTable,
  field: SummaryField,
): { memory: Float64Array; width: number; at: number } {
  return field in valueFields
    ? { memory: values, width: valueWidth, at: valueFields[field as keyof typeof valueFields] }
    : { memory: summaries, width: summaryWidth, at: summaryFields[field as keyof typeof summaryFields] }
}

export function readSummary(table: SeriesTable, slot: number, field: SummaryField): number {
  const { memory, width, at } = fieldOf(table, field)
  return memory[slot * width + at]!
}

export function writeSummary(table: SeriesTable, slot: number, field: SummaryField, value: number): void {
  const { memory, width, at } = fieldOf(table, field)
  memory[slot * width + at] = value
}

function grow(table: SeriesTable): void {
  const { values, summaries, changed } = table
  table.capacity *= 2
  Object.assign(table, arrays(table.capacity))
  table.values.set(values)
  table.summaries.set(summaries)
  table.changed.set(changed)
}
