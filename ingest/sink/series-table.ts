/**
 * The running summary of every active series, in flat arrays by slot: about 130 bytes a series and nothing for the
 * garbage collector. Steps and counts are float64, exact up to 2^53.
 */
export type SeriesTable = {
  capacity: number
  /** Slots below this have been used. */
  top: number
  readonly free: number[]
  count: Float64Array
  firstStep: Float64Array
  /** The highest step, and the value and time logged last at it. */
  lastStep: Float64Array
  last: Float64Array
  lastTime: Float64Array
  /** Over finite values; +Infinity and -Infinity while there is none. */
  min: Float64Array
  minStep: Float64Array
  max: Float64Array
  maxStep: Float64Array
  nan: Float64Array
  positiveInfinity: Float64Array
  negativeInfinity: Float64Array
  /** NaN while every value was finite. */
  firstNonFiniteStep: Float64Array
  /** Points whose step was not above every earlier one. */
  disorder: Float64Array
  /** Log offset up to which the stored summary goes; -1: none stored. */
  version: Float64Array
  /** 1: changed since it was last stored. */
  changed: Uint8Array
}

const columns = [
  ...['count', 'firstStep', 'lastStep', 'last', 'lastTime', 'min', 'minStep', 'max', 'maxStep', 'nan'],
  ...['positiveInfinity', 'negativeInfinity', 'firstNonFiniteStep', 'disorder', 'version'],
] as Exclude<keyof SeriesTable, 'capacity' | 'top' | 'free' | 'changed'>[]

export function createSeriesTable(capacity = 1024): SeriesTable {
  const arrays = Object.fromEntries(columns.map((name) => [name, new Float64Array(capacity)]))
  return {
    capacity,
    top: 0,
    free: [],
    changed: new Uint8Array(capacity),
    ...(arrays as Record<(typeof columns)[number], Float64Array>),
  }
}

/** A slot with an empty summary. */
export function addSeries(table: SeriesTable): number {
  const slot = table.free.pop() ?? table.top++
  if (slot >= table.capacity) grow(table)
  for (const name of columns) table[name][slot] = 0
  table.lastStep[slot] = Number.NEGATIVE_INFINITY
  table.firstStep[slot] = Number.POSITIVE_INFINITY
  table.min[slot] = Number.POSITIVE_INFINITY
  table.max[slot] = Number.NEGATIVE_INFINITY
  table.firstNonFiniteStep[slot] = Number.NaN
  table.version[slot] = -1
  table.changed[slot] = 0
  return slot
}

export function seriesInUse(table: SeriesTable): number {
  return table.top - table.free.length
}

function grow(table: SeriesTable): void {
  table.capacity *= 2
  for (const name of columns) {
    const larger = new Float64Array(table.capacity)
    larger.set(table[name])
    table[name] = larger
  }
  const changed = new Uint8Array(table.capacity)
  changed.set(table.changed)
  table.changed = changed
}

/**
 * Adds `count` points of one series with strictly increasing `steps` to its summary; values are `values[first …]`.
 * `lastTimeMs` is the time of the last of them.
 */
export function summarize(
  table: SeriesTable,
  slot: number,
  values: Float64Array,
  first: number,
  steps: Float64Array,
  count: number,
  lastTimeMs: number,
): void {
  let min = table.min[slot]!
  let max = table.max[slot]!
  for (let i = 0; i < count; i++) {
    const value = values[first + i]!
    // Finite values alone give 0 here.
    if (value - value === 0) {
      if (value < min) {
        min = value
        table.minStep[slot] = steps[i]!
      }
      if (value > max) {
        max = value
        table.maxStep[slot] = steps[i]!
      }
    } else countNonFinite(table, slot, value, steps[i]!)
  }
  table.min[slot] = min
  table.max[slot] = max
  const highest = table.lastStep[slot]!
  const lowestNew = steps[0]!
  const highestNew = steps[count - 1]!
  if (lowestNew <= highest) {
    let late = 0
    while (late < count && steps[late]! <= highest) late++
    table.disorder[slot]! += late
  }
  if (highestNew >= highest) {
    table.lastStep[slot] = highestNew
    table.last[slot] = values[first + count - 1]!
    table.lastTime[slot] = lastTimeMs
  }
  if (lowestNew < table.firstStep[slot]!) table.firstStep[slot] = lowestNew
  table.count[slot]! += count
  table.changed[slot] = 1
}

function countNonFinite(table: SeriesTable, slot: number, value: number, step: number): void {
  if (value > 0) table.positiveInfinity[slot]!++
  else if (value < 0) table.negativeInfinity[slot]!++
  else table.nan[slot]!++
  // By step, not by time of logging, so that the answer does not depend on the order of arrival.
  if (!(table.firstNonFiniteStep[slot]! <= step)) table.firstNonFiniteStep[slot] = step
}
