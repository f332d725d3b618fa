import type { Columns, ReadOptions, StoreReader } from '../../schema/store.ts'
import { valuesOf } from '../../schema/value-codes.ts'
import type { Statement } from './text.ts'

/** Asks the store. The result's columns are looked up by the two functions below, which know the type the statement gives them. */
export function ask(reader: StoreReader, statement: Statement, options: ReadOptions): Promise<Columns> {
  return reader.columns(statement.sql, statement.parameters, options)
}

/** Counts and steps come as 64-bit integers within ±2^53; converted here, since a conversion in the statement costs more than all of them here. */
export function numbers(answer: Columns, name: string): Float64Array {
  const column = answer.columns.get(name)
  if (column instanceof Float64Array) return column
  if (column instanceof BigInt64Array || column instanceof BigUint64Array) return fromIntegers(column)
  // A result without rows may come without its columns.
  if (answer.rows === 0) return new Float64Array(0)
  throw new TypeError(`the store's answer has no column of numbers ${name}`)
}

/** Values of points, of a column of their codes. It is decoded here, in its own memory: in the statement that costs more than all of it here. */
export function values(answer: Columns, name: string): Float64Array {
  const column = answer.columns.get(name)
  if (column instanceof BigUint64Array) return valuesOf(column)
  if (answer.rows === 0) return new Float64Array(0)
  throw new TypeError(`the store's answer has no column of codes ${name}`)
}

/** By 32-bit halves, because reading a 64-bit element makes a big integer each time. */
function fromIntegers(column: BigInt64Array | BigUint64Array): Float64Array {
  const low = new Uint32Array(column.buffer, column.byteOffset, column.length * 2)
  const high = new Int32Array(column.buffer, column.byteOffset, column.length * 2)
  const numbers = new Float64Array(column.length)
  for (let i = 0; i < numbers.length; i++) numbers[i] = high[2 * i + 1]! * 2 ** 32 + low[2 * i]!
  return numbers
}

export function texts(answer: Columns, name: string): readonly string[] {
  const column = answer.columns.get(name)
  if (Array.isArray(column)) return column
  if (answer.rows === 0) return []
  throw new TypeError(`the store's answer has no String column ${name}`)
}

export function integers(answer: Columns, name: string): BigUint64Array | BigInt64Array {
  const column = answer.columns.get(name)
  if (column instanceof BigUint64Array || column instanceof BigInt64Array) return column
  if (answer.rows === 0) return new BigUint64Array(0)
  throw new TypeError(`the store's answer has no column of 64-bit integers ${name}`)
}
