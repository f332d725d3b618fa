import { randomUUID } from 'node:crypto'
import { integersMost, writeIntegers } from './integers.ts'

/** The JSON of a column, ASCII, and how many bytes it takes at most. */
export type Written = { readonly most: number; write(bytes: Buffer, at: number): number }

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
    () => ({ most: integersMost(column), write: (bytes, at) => writeIntegers(column, bytes, at) }),
  )

/** Values, non-finite ones as texts; a list has null where there is none. */
export const valueColumn = (column: Float64Array | readonly (number | null)[]): AnswerColumn =>
  columnOf(
    () => Array.from(column, (value) => (value === null ? null : asValue(value))),
    () => writtenText(valuesText(column)),
  )

/** Base64 of little-endian float64. The machines this runs on are little-endian, as are typed arrays on them. */
export function packedColumn({ buffer, byteOffset, byteLength }: Float64Array): AnswerColumn {
  const base64 = () => Buffer.from(buffer, byteOffset, byteLength).toString('base64')
  return columnOf(base64, () => writtenText(`"${base64()}"`))
}

const writtenText = (text: string): Written => ({
  most: text.length,
  write: (bytes, at) => at + bytes.write(text, at, 'latin1'),
})

/** By lists of finite numbers alone, of which JSON makes a text ten times as quickly as of mixed ones. */
function valuesText(column: Float64Array | readonly (number | null)[]): string {
  const parts: string[] = []
  let finite: number[] = []
  const flush = () => {
    if (finite.length > 0) parts.push(JSON.stringify(finite).slice(1, -1))
    finite = []
  }
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!
    if (value !== null && value - value === 0) finite.push(value)
    else {
      flush()
      parts.push(JSON.stringify(value === null ? null : asValue(value)))
    }
  }
  flush()
  return `[${parts.join()}]`
}
