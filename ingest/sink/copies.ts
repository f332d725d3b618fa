import type { Codes } from '../store/native-block.ts'
import type { Sequences } from './pieces.ts'
import { integerIn } from './sequences.ts'

/** The numbers of a piece, as int64 in halves. */
export function putSequence(halves: Int32Array, row: number, count: number, sequences: Sequences, piece: number): void {
  const list = sequences.list[piece]!
  if (list >= 0) {
    new Uint8Array(halves.buffer).set(sequences.lists[list]!, row * 8)
    return
  }
  let value = sequences.start[piece]!
  const stride = sequences.stride[piece]!
  for (let i = row; i < row + count; i++) {
    putInt64(halves, i, value)
    value += stride
  }
}

export function putInt64(halves: Int32Array, at: number, value: number): void {
  halves[2 * at] = value
  halves[2 * at + 1] = Math.floor(value / 4_294_967_296)
}

/** How far the numbers of a piece are from its least one. */
export function putOffsets(
  offsets: Uint16Array,
  row: number,
  count: number,
  sequences: Sequences,
  piece: number,
): void {
  const least = sequences.least[piece]!
  const number = sequences.list[piece]!
  if (number >= 0) {
    const list = sequences.lists[number]!
    for (let i = 0; i < count; i++) offsets[row + i] = integerIn(list, i) - least
    return
  }
  let offset = sequences.start[piece]! - least
  const stride = sequences.stride[piece]!
  for (let i = row; i < row + count; i++) {
    offsets[i] = offset
    offset += stride
  }
}

/** Below this many values a loop is faster than a call. */
const bulk = 16

/** Copies values as halves, so that every bit of a NaN stays what it is. */
export function copy(to: Int32Array, row: number, from: Int32Array, at: number, count: number): void {
  if (count >= bulk) {
    to.set(from.subarray(2 * at, 2 * (at + count)), 2 * row)
    return
  }
  for (let i = 0; i < 2 * count; i++) to[2 * row + i] = from[2 * at + i]!
}

export function fill(codes: Codes, code: number, first: number, end: number): void {
  if (end - first < bulk) for (let i = first; i < end; i++) codes[i] = code
  else codes.fill(code, first, end)
}

/** Fills `first` to `end` with the `rows` values that are at `first`. */
export function repeat(column: BigInt64Array | Codes, first: number, rows: number, end: number): void {
  if (rows === 1) {
    column.fill(column[first] as never, first, end)
    return
  }
  for (let filled = first + rows; filled < end; ) {
    const count = Math.min(filled - first, end - filled)
    column.copyWithin(filled, first, first + count)
    filled += count
  }
}
