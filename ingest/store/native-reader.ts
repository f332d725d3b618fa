import type { Block, Column, Columns } from '../../schema/store.ts'
import { type Input, inputOf, takeBytes, takeText, takeVarint } from '../bytes.ts'

/**
 * Reads a result in ClickHouse's Native format into columns. A result is a sequence of blocks:
 *
 *     varint columns, varint rows, then per column: name, type (both varint length + bytes), data
 *
 * Fixed-width data is rows x width bytes, little-endian; String is varint length + bytes for each row; Array is where each row's items end,
 * as UInt64, and then the items of all rows as a column of their own.
 * Source: the format's description in ClickHouse's documentation ("Native"), checked against the engine by tests.
 */
export function readNative(bytes: Uint8Array): Columns {
  const pieces = new Map<string, Column[]>()
  let rows = 0
  for (const { input, rowCount, columns } of blocksOf(bytes)) {
    rows += rowCount
    for (const { name, type } of columns()) {
      const column = readColumn(input, type, rowCount)
      const list = pieces.get(name)
      if (list) list.push(column)
      else pieces.set(name, [column])
    }
  }
  return { rows, columns: new Map([...pieces].map(([name, list]) => [name, concatenate(list)])) }
}

/** The same without a copy, block by block; of columns of fixed width alone. */
export function readNativeBlocks(bytes: Uint8Array): Columns {
  const blocks: Block[] = []
  let rows = 0
  for (const { input, rowCount, columns } of blocksOf(bytes)) {
    rows += rowCount
    const views = new Map<string, DataView>()
    for (const { name, type } of columns()) {
      const fixed = fixedType(type)
      if (!fixed) throw new TypeError(`a column of type ${type} has rows of any width`)
      const { buffer, byteOffset, byteLength } = takeBytes(input, rowCount * fixed.BYTES_PER_ELEMENT)
      views.set(name, new DataView(buffer, byteOffset, byteLength))
    }
    blocks.push({ rows: rowCount, columns: views })
  }
  return { rows, columns: new Map(), blocks }
}

/** The blocks' heads; whoever goes through the columns of one takes their data out of `input`, and goes through all of them. */
function* blocksOf(bytes: Uint8Array) {
  const input = inputOf(bytes)
  while (input.at < bytes.byteLength) {
    const columnCount = takeVarint(input)
    const rowCount = takeVarint(input)
    function* columns() {
      for (let i = 0; i < columnCount; i++) yield { name: takeText(input), type: takeText(input) }
    }
    yield { input, rowCount, columns }
  }
}

type Fixed = { BYTES_PER_ELEMENT: number; new (buffer: ArrayBuffer): Exclude<Column, readonly string[]> }

const fixedTypes: Record<string, Fixed> = {
  UInt8: Uint8Array,
  Bool: Uint8Array,
  Int8: Int8Array,
  UInt16: Uint16Array,
  Int16: Int16Array,
  UInt32: Uint32Array,
  Int32: Int32Array,
  UInt64: BigUint64Array,
  Int64: BigInt64Array,
  Float32: Float32Array,
  Float64: Float64Array,
}

const fixedType = (type: string): Fixed | undefined =>
  type.startsWith('DateTime64(') ? BigInt64Array : fixedTypes[type]

function readColumn(input: Input, type: string, rows: number): Column {
  const fixed = fixedType(type)
  if (fixed) {
    // A copy, because the column may stand at any address here.
    const copy = new ArrayBuffer(rows * fixed.BYTES_PER_ELEMENT)
    new Uint8Array(copy).set(takeBytes(input, copy.byteLength))
    return new fixed(copy)
  }
  if (type === 'String') {
    const texts: string[] = new Array(rows)
    for (let i = 0; i < rows; i++) texts[i] = takeText(input)
    return texts
  }
  const item = /^Array\((\w+)\)$/.exec(type)?.[1]
  if (item !== undefined && fixedTypes[item]) {
    const ends = readColumn(input, 'UInt64', rows) as BigUint64Array
    return readColumn(input, item, rows === 0 ? 0 : Number(ends[rows - 1]))
  }
  throw new TypeError(`a column of type ${type} cannot be read; cast it in the query`)
}

function concatenate(list: Column[]): Column {
  const first = list[0]!
  if (list.length === 1) return first
  if (Array.isArray(first)) return (list as string[][]).flat()
  const arrays = list as Exclude<Column, readonly string[]>[]
  const length = arrays.reduce((sum, array) => sum + array.length, 0)
  const whole = new (first.constructor as { new (length: number): Float64Array })(length)
  let at = 0
  for (const array of arrays) {
    whole.set(array as Float64Array, at)
    at += array.length
  }
  return whole
}
