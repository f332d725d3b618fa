import { isUtf8 } from 'node:buffer'
import { type ErrorCode, Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'

/**
 * The strict reader of msgpack at the network edge: one cursor over the bytes, free functions for the few shapes that
 * frames have. Every length is checked against what is left before anything is made from it; extension types are refused;
 * nesting is bounded. Source: the msgpack specification (github.com/msgpack/msgpack/blob/master/spec.md).
 */
export type Cursor = { readonly bytes: Buffer; at: number; readonly end: number }

export function cursorOf(bytes: Buffer): Cursor {
  return { bytes, at: 0, end: bytes.length }
}

function truncated(): Refusal {
  return new Refusal('malformed_msgpack', 'the bytes end inside a value')
}

function need(cursor: Cursor, bytes: number): number {
  const at = cursor.at
  if (bytes > cursor.end - at) throw truncated()
  cursor.at = at + bytes
  return at
}

function readByte(cursor: Cursor): number {
  if (cursor.at >= cursor.end) throw truncated()
  return cursor.bytes[cursor.at++]!
}

export function peekByte(cursor: Cursor): number {
  if (cursor.at >= cursor.end) throw truncated()
  return cursor.bytes[cursor.at]!
}

/** A length field of 1, 2 or 4 bytes. */
function readLength(cursor: Cursor, width: number): number {
  return cursor.bytes.readUIntBE(need(cursor, width), width)
}

/** Elements of a container each take at least `perElement` bytes, so a count beyond what is left is a lie. */
function checkedCount(cursor: Cursor, count: number, perElement: number): number {
  if (count * perElement > cursor.end - cursor.at) throw truncated()
  return count
}

export const isMapByte = (byte: number) => (byte & 0xf0) === 0x80 || byte === 0xde || byte === 0xdf
export const isArrayByte = (byte: number) => (byte & 0xf0) === 0x90 || byte === 0xdc || byte === 0xdd
export const isStringByte = (byte: number) => (byte & 0xe0) === 0xa0 || (byte >= 0xd9 && byte <= 0xdb)
export const isBinByte = (byte: number) => byte >= 0xc4 && byte <= 0xc6
export const isNilByte = (byte: number) => byte === 0xc0
const isNumberByte = (byte: number) => byte < 0x80 || byte >= 0xe0 || (byte >= 0xca && byte <= 0xd3)

/** Number of pairs of a map; the cursor is then at its first key. */
export function readMap(cursor: Cursor, what: string): number {
  const byte = readByte(cursor)
  if ((byte & 0xf0) === 0x80) return checkedCount(cursor, byte & 0x0f, 2)
  if (byte === 0xde) return checkedCount(cursor, readLength(cursor, 2), 2)
  if (byte === 0xdf) return checkedCount(cursor, readLength(cursor, 4), 2)
  throw new Refusal('wrong_type', `${what} must be a map`)
}

/** Number of elements of an array; the cursor is then at the first. */
export function readArray(cursor: Cursor, what: string): number {
  const byte = readByte(cursor)
  if ((byte & 0xf0) === 0x90) return checkedCount(cursor, byte & 0x0f, 1)
  if (byte === 0xdc) return checkedCount(cursor, readLength(cursor, 2), 1)
  if (byte === 0xdd) return checkedCount(cursor, readLength(cursor, 4), 1)
  throw new Refusal('wrong_type', `${what} must be an array`)
}

/** Length of a string; the cursor is then at its bytes. */
function readStringLength(cursor: Cursor, what: string): number {
  const byte = readByte(cursor)
  if ((byte & 0xe0) === 0xa0) return byte & 0x1f
  if (byte >= 0xd9 && byte <= 0xdb) return readLength(cursor, 1 << (byte - 0xd9))
  throw new Refusal('wrong_type', `${what} must be a text`)
}

export function readString(cursor: Cursor, what: string, invalid: ErrorCode = 'malformed_msgpack'): string {
  const length = readStringLength(cursor, what)
  const start = need(cursor, length)
  const end = start + length
  const { bytes } = cursor
  for (let i = start; i < end; i++) {
    if (bytes[i]! >= 0x80) {
      if (!isUtf8(bytes.subarray(start, end))) throw new Refusal(invalid, `${what} is not valid UTF-8`)
      return bytes.toString('utf8', start, end)
    }
  }
  return bytes.toString('latin1', start, end)
}

/** Where the bytes of the text whose header is at `at` begin, and where they end; its structure has been checked. */
export function textSpan(bytes: Buffer, at: number): { start: number; end: number } {
  const cursor = { bytes, at, end: bytes.length }
  const length = readStringLength(cursor, 'a text')
  return { start: cursor.at, end: cursor.at + length }
}

/** The bytes of a bin value, a view of the input. */
export function readBin(cursor: Cursor, what: string): Buffer {
  const byte = readByte(cursor)
  if (!isBinByte(byte)) throw new Refusal('wrong_type', `${what} must be a bin`)
  const length = readLength(cursor, 1 << (byte - 0xc4))
  const start = need(cursor, length)
  return cursor.bytes.subarray(start, start + length)
}

/** Any msgpack number as a float64; integers beyond 2^53 are rounded to the nearest. */
export function readNumber(cursor: Cursor, what: string): number {
  const byte = readByte(cursor)
  if (byte < 0x80) return byte
  if (byte >= 0xe0) return byte - 0x100
  const { bytes } = cursor
  switch (byte) {
    case 0xcb:
      return bytes.readDoubleBE(need(cursor, 8))
    case 0xca:
      return bytes.readFloatBE(need(cursor, 4))
    case 0xcc:
      return bytes.readUInt8(need(cursor, 1))
    case 0xcd:
      return bytes.readUInt16BE(need(cursor, 2))
    case 0xce:
      return bytes.readUInt32BE(need(cursor, 4))
    case 0xcf:
      return Number(bytes.readBigUInt64BE(need(cursor, 8)))
    case 0xd0:
      return bytes.readInt8(need(cursor, 1))
    case 0xd1:
      return bytes.readInt16BE(need(cursor, 2))
    case 0xd2:
      return bytes.readInt32BE(need(cursor, 4))
    case 0xd3:
      return Number(bytes.readBigInt64BE(need(cursor, 8)))
    default:
      throw new Refusal('wrong_type', `${what} must be a number`)
  }
}

/** An integer that a float64 carries exactly; `code` names the refusal of any other number. */
export function readInteger(cursor: Cursor, what: string, code: ErrorCode): number {
  const byte = peekByte(cursor)
  if (!isNumberByte(byte)) throw new Refusal('wrong_type', `${what} must be an integer`)
  const value = readNumber(cursor, what)
  if (!Number.isSafeInteger(value)) throw new Refusal(code, `${what} must be an integer within ±(2^53-1)`)
  return value
}

/** Passes over one value and checks that it is whole, of allowed types, not too deep and, if asked, that its texts are UTF-8. */
export function skipValue(cursor: Cursor, depth: number, checkTexts = false): void {
  if (depth > limits.depth) throw new Refusal('too_deep', `values are nested deeper than ${limits.depth}`)
  const byte = peekByte(cursor)
  if (isMapByte(byte)) {
    for (let pairs = readMap(cursor, 'value'); pairs > 0; pairs--) {
      if (!isStringByte(peekByte(cursor))) throw new Refusal('wrong_type', 'map keys must be texts')
      skipValue(cursor, depth + 1, checkTexts)
      skipValue(cursor, depth + 1, checkTexts)
    }
  } else if (isArrayByte(byte)) {
    for (let count = readArray(cursor, 'value'); count > 0; count--) skipValue(cursor, depth + 1, checkTexts)
  } else if (isStringByte(byte)) {
    if (checkTexts) readString(cursor, 'a text')
    else need(cursor, readStringLength(cursor, 'value'))
  } else if (isBinByte(byte)) {
    cursor.at++
    need(cursor, readLength(cursor, 1 << (byte - 0xc4)))
  } else if (isNumberByte(byte)) {
    readNumber(cursor, 'value')
  } else if (byte === 0xc0 || byte === 0xc2 || byte === 0xc3) {
    cursor.at++
  } else {
    throw new Refusal('forbidden_type', `msgpack type 0x${byte.toString(16)} is not used in frames`)
  }
}
