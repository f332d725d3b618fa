import { createDictionary, type Dictionary } from './dictionary.ts'

/** A column of texts, as numbers of a dictionary; -1 where a row has none. */
export type TextColumn = { readonly kind: 'text'; codes: Int32Array; readonly dictionary: Dictionary }

export function createTexts(capacity: number): TextColumn {
  return { kind: 'text', codes: new Int32Array(capacity).fill(-1), dictionary: createDictionary() }
}

export function growTextColumn(column: TextColumn, capacity: number): void {
  const codes = new Int32Array(capacity).fill(-1)
  codes.set(column.codes)
  column.codes = codes
}
