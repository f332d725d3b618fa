import type { Column, Columns } from '../../schema/store.ts'

/**
 * Reads a result in ClickHouse's Native format into columns. A result is a sequence of blocks:
 *
 *     varint columns, varint rows, then per column: name, type (both varint length + bytes), data
 *
 * Fixed-width data is rows x width bytes, little-endian; String is varint length + bytes for each row.
 * Source: the format's description in ClickHouse's documentation ("Native"), checked against the engine by tests.
 */
export function readNative(bytes: Uint8Array): Columns {
  const cursor: Cursor = { bytes, view: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 }
  const pieces = new Map<string, Column[]>()
  let rows = 0
  while (cursor.at < bytes.byteLength) {
    const columnCount = readVarint(cursor)
    const rowCount = readVarint(cursor)
    rows += rowCount
    for (let i = 0; i < columnCount; i++) {
      const name = readText(cursor)
      const type = readText(cursor)
      const column = readColumn(cursor, type, rowCount)
      const list = pieces.get(name)
      if (list) list.push(column)
      else pieces.set(name, [column])
    }
  }
  return { rows, columns: new Map([...pieces].map(([name, list]) => [name, concatenate(list)])) }
}

type Cursor = { readonly bytes: Uint8Array; readonly view: Buffer; at: number }

function readVarint(cursor: Cursor): number {
  let value = 0
  let scale = 1
  for (;;) {
    const byte = cursor.view.readUInt8(cursor.at++)
    value += (byte & 127) * scale
    if (byte < 128) return value
    scale *= 128
  }
}

function readText(cursor: Cursor): string {
  const length = readVarint(cursor)
  const start = cursor.at
  cursor.at += length
  if (cursor.at > cursor.view.length) throw new RangeError('Native result ends inside a text')
  return cursor.view.toString('utf8', start, cursor.at)
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

function readColumn(cursor: Cursor, type: string, rows: number): Column {
  const fixed = type.startsWith('DateTime64(') ? BigInt64Array : fixedTypes[type]
  if (fixed) {
    const length = rows * fixed.BYTES_PER_ELEMENT
    const end = cursor.at + length
    if (end > cursor.bytes.byteLength) throw new RangeError('Native result ends inside a column')
    const copy = new ArrayBuffer(length)
    new Uint8Array(copy).set(cursor.bytes.subarray(cursor.at, end))
    cursor.at = end
    return new fixed(copy)
  }
  if (type === 'String') {
    const texts: string[] = new Array(rows)
    for (let i = 0; i < rows; i++) texts[i] = readText(cursor)
    return texts
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
