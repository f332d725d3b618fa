import { createOutput, type Output, putBytes, putText, putVarint, reserve } from '../bytes.ts'

/**
 * One block in ClickHouse's Native format, from columns that are already bytes or plain arrays; the counterpart of
 * `native-reader.ts`, which draws the layout. The result is a list of pieces to write one after the other, so that a
 * large numeric column is never copied.
 */
export type BlockColumn =
  | { readonly name: string; readonly type: FixedType; readonly data: ArrayBufferView }
  | CodedColumn
  | CodedPlaces
  | CodedTexts
  | { readonly name: string; readonly type: 'String'; readonly data: readonly (string | Uint8Array)[] }
  | { readonly name: string; readonly type: 'Nullable(Int64)'; readonly data: readonly (number | null)[] }
  /** 1 where there is none. */
  | {
      readonly name: string
      readonly type: 'Nullable(Int64)'
      readonly nulls: Uint8Array
      readonly data: BigInt64Array
    }
  | {
      readonly name: string
      readonly type: 'Map(String, String)'
      readonly data: readonly ReadonlyMap<string, string>[]
    }
  | {
      readonly name: string
      readonly type: 'Map(String, Float64)'
      readonly data: readonly ReadonlyMap<string, number>[]
    }

/** Rows as numbers of the entries of a dictionary, of which entry 0 is the type's default; an entry may be there twice. */
export type CodedColumn = {
  readonly name: string
  readonly type: 'LowCardinality(UInt64)'
  readonly dictionary: BigUint64Array
  readonly data: Codes
}
/** The same of rows of four numbers each. */
export type CodedPlaces = {
  readonly name: string
  readonly type: typeof placeType
  readonly dictionary: BigInt64Array
  readonly data: Codes
}
/** Of what all points of one step of a frame have in common: `schema/tables/0037_points_place.sql`. */
export const placeType = 'LowCardinality(FixedString(32))'
export const placeWidth = 4
/** The same of texts: what repeats is written once. */
export type CodedTexts = {
  readonly name: string
  readonly type: 'LowCardinality(String)'
  readonly dictionary: readonly string[]
  readonly data: Codes
}
export type Codes = Uint16Array | Uint32Array

export type FixedType = keyof typeof fixedWidths

/** Bytes of one value. DateTime64(3) is an Int64 of ms. */
const fixedWidths = {
  UInt8: 1,
  UInt16: 2,
  UInt32: 4,
  UInt64: 8,
  UInt128: 16,
  Int64: 8,
  Float64: 8,
  "DateTime64(3, 'UTC')": 8,
} as const

export function nativeBlock(rows: number, columns: readonly BlockColumn[]): Uint8Array[] {
  const pieces = [written((output) => putHead(output, columns.length, rows))]
  for (const column of columns) {
    pieces.push(
      written((output) => {
        putText(output, column.name)
        putText(output, column.type)
      }),
    )
    for (const piece of columnBytes(rows, column)) pieces.push(piece)
  }
  return pieces
}

function putHead(output: Output, columns: number, rows: number): void {
  putVarint(output, columns)
  putVarint(output, rows)
}

/** The bytes that `write` puts out. */
function written(write: (output: Output) => void): Uint8Array {
  const output = createOutput(64)
  write(output)
  return output.bytes.subarray(0, output.at)
}

function columnBytes(rows: number, column: BlockColumn): Uint8Array[] {
  switch (column.type) {
    case 'String':
      return [texts(rows, column.data)]
    case 'LowCardinality(UInt64)':
      return coded(rows, column, column.dictionary[0] === 0n, column.dictionary.length, bytesOf(column.dictionary))
    case placeType: {
      const { dictionary } = column
      const isEmpty = dictionary.subarray(0, placeWidth).every((number) => number === 0n)
      return coded(rows, column, isEmpty, dictionary.length / placeWidth, bytesOf(dictionary))
    }
    case 'LowCardinality(String)': {
      const { dictionary } = column
      return coded(rows, column, dictionary[0] === '', dictionary.length, texts(dictionary.length, dictionary))
    }
    case 'Nullable(Int64)': {
      if ('nulls' in column) return [column.nulls.subarray(0, rows), bytesOf(column.data.subarray(0, rows))]
      const nulls = Uint8Array.from(column.data, (value) => (value === null ? 1 : 0))
      return [nulls, bytesOf(BigInt64Array.from(column.data, (value) => BigInt(value ?? 0)))]
    }
    case 'Map(String, String)': {
      const values = column.data.flatMap((map) => [...map.values()])
      return [...mapHead(column.data), texts(values.length, values)]
    }
    case 'Map(String, Float64)':
      return [...mapHead(column.data), bytesOf(Float64Array.from(column.data.flatMap((map) => [...map.values()])))]
    default: {
      const bytes = bytesOf(column.data)
      const width = fixedWidths[column.type]
      if (bytes.byteLength < rows * width) throw new RangeError(`column ${column.name} is shorter than the block`)
      return [bytes.subarray(0, rows * width)]
    }
  }
}

/** Version of the keys' layout; width of the numbers, with the flags of a dictionary that comes with the block; the entries; the numbers. */
function coded(
  rows: number,
  { name, data }: CodedColumn | CodedPlaces | CodedTexts,
  hasDefault: boolean,
  length: number,
  entries: Uint8Array,
): Uint8Array[] {
  if (!hasDefault) throw new RangeError(`column ${name} has no default`)
  const codes = data.subarray(0, rows)
  const width = codes.BYTES_PER_ELEMENT === 2 ? 1n : 2n
  const head = bytesOf(BigUint64Array.of(1n, 0x600n | width, BigInt(length)))
  return [head, entries, bytesOf(BigUint64Array.of(BigInt(rows))), bytesOf(codes)]
}

/** Offsets (the running total of entries) and keys, which come before the values. */
function mapHead(maps: readonly ReadonlyMap<string, unknown>[]): Uint8Array[] {
  const offsets = new BigUint64Array(maps.length)
  let total = 0n
  maps.forEach((map, index) => {
    total += BigInt(map.size)
    offsets[index] = total
  })
  const keys = maps.flatMap((map) => [...map.keys()])
  return [bytesOf(offsets), texts(keys.length, keys)]
}

function texts(rows: number, values: readonly (string | Uint8Array)[]): Uint8Array {
  if (values.length !== rows) throw new RangeError('a text column is not as long as the block')
  return written((output) => {
    let previous: string | Uint8Array | undefined
    let previousStart = 0
    for (const value of values) {
      const start = output.at
      // Neighbouring rows of a table often have the same project, the same run.
      if (value === previous) {
        reserve(output, start - previousStart)
        output.bytes.copyWithin(start, previousStart, start)
        output.at += start - previousStart
      } else if (typeof value === 'string') {
        putText(output, value)
      } else {
        putVarint(output, value.byteLength)
        putBytes(output, value)
      }
      previous = value
      previousStart = start
    }
  })
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}
