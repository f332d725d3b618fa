/** A column of numbers, one for each row of a table; a row may have none. `words` are the same memory by halves. */
export type NumberColumn = { readonly kind: 'number'; values: Float64Array; words: Uint32Array }

/** Marks a row without a number: a NaN of its own, which no value has because all others are written as the plain one. */
const absentHigh = 0x7ff80000
const absentLow = 1
/** The mark, and how a statement gives a number or that mark. */
const absentSql = 'reinterpretAsFloat64(toUInt64(9221120237041090561))'
export const numberSql = (value: string, has: string): string =>
  `multiIf(NOT ${has}, ${absentSql}, isNaN(${value}), nan, ${value})`

export function createNumbers(capacity: number): NumberColumn {
  const values = new Float64Array(capacity)
  const column: NumberColumn = { kind: 'number', values, words: new Uint32Array(values.buffer) }
  for (let row = 0; row < capacity; row++) setAbsent(column, row)
  return column
}

export function growNumbers(column: NumberColumn, capacity: number): void {
  const grown = createNumbers(capacity)
  grown.values.set(column.values)
  column.values = grown.values
  column.words = grown.words
}

/** Copies by halves: a NaN keeps its bits. */
export function copyNumber(column: NumberColumn, row: number, from: Uint32Array, at: number): void {
  column.words[2 * row] = from[2 * at]!
  column.words[2 * row + 1] = from[2 * at + 1]!
}

export function setAbsent(column: NumberColumn, row: number): void {
  column.words[2 * row] = absentLow
  column.words[2 * row + 1] = absentHigh
}

export function isAbsent(column: NumberColumn, row: number): boolean {
  return column.words[2 * row + 1] === absentHigh && column.words[2 * row] === absentLow
}

/** 0: a number; 1: NaN; 2: none. */
export function rankOfNumber(column: NumberColumn, row: number): 0 | 1 | 2 {
  const value = column.values[row]!
  if (!Number.isNaN(value)) return 0
  return isAbsent(column, row) ? 2 : 1
}
