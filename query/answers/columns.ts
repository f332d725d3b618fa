import { randomUUID } from 'node:crypto'
import { decimalMost, writeNumber } from './decimals.ts'
import { integersMost, writeCharacters, writeIntegers } from './integers.ts'

/** One memory, for texts and for numbers. */
export type Desk = { readonly bytes: Buffer; readonly view: DataView }

/** The JSON of a column, ASCII, and how many bytes it takes at most. */
export type Written = { readonly most: number; write(desk: Desk, at: number): number }

/** A column in an answer. `JSON.stringify` has its values, and `collected` has it write itself. */
export type AnswerColumn = { toJSON(): unknown }

/** Stands in a text for a column that is written there later. No text of anybody has it in it: it is not known outside of this process. */
export const placeholder = `column ${randomUUID()}`

let collecting: Written[] | undefined

/** What `work` makes of an answer, with placeholders for its columns, and these in the order in which they stand there. */
export function collected(work: () => string): { text: string; columns: Written[] } {
  const columns: Written[] = []
  collecting = columns
  try {
    return { text: work(), columns }
  } finally {
    collecting = undefined
  }
}

function columnOf(plain: () => unknown, written: () => Written): AnswerColumn {
  return {
    toJSON() {
      if (!collecting) return plain()
      collecting.push(written())
      return placeholder
    },
  }
}

/** -0 would be printed as `0` by JSON in any case. */
export const asValue = (value: number) => (Number.isFinite(value) ? value : String(value))

export const integerColumn = (column: Float64Array): AnswerColumn =>
  columnOf(
    () => Array.from(column),
    () => ({ most: integersMost(column), write: ({ view }, at) => writeIntegers(column, view, at) }),
  )

/** Values, non-finite ones as texts; a list has null where there is none. */
export const valueColumn = (column: Float64Array | readonly (number | null)[]): AnswerColumn =>
  columnOf(
    () => Array.from(column, (value) => (value === null ? null : asValue(value))),
    () => ({ most: 2 + column.length * (1 + decimalMost), write: ({ view }, at) => writeValues(column, view, at) }),
  )

/** Base64 of little-endian float64. The machines this runs on are little-endian, as are typed arrays on them. */
export function packedColumn({ buffer, byteOffset, byteLength }: Float64Array): AnswerColumn {
  const base64 = () => Buffer.from(buffer, byteOffset, byteLength).toString('base64')
  return columnOf(base64, () => writtenText(`"${base64()}"`))
}

const writtenText = (text: string): Written => ({
  most: text.length,
  write: ({ bytes }, at) => at + bytes.write(text, at, 'latin1'),
})

function writeValues(column: Float64Array | readonly (number | null)[], bytes: DataView, at: number): number {
  let end = at
  bytes.setUint8(end++, 0x5b)
  for (let i = 0; i < column.length; i++) {
    if (i > 0) bytes.setUint8(end++, 0x2c)
    const value = column[i]!
    // Of what is not finite the difference is NaN.
    if (value !== null && value - value === 0) end = writeNumber(value, bytes, end)
    else end = writeCharacters(JSON.stringify(value === null ? null : asValue(value)), bytes, end)
  }
  bytes.setUint8(end++, 0x5d)
  return end
}
