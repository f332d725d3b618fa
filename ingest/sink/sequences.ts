import type { Integers } from '../record/record.ts'
import type { Sequences } from './pieces.ts'

/** Takes the `count` numbers of a piece over. A list is copied, for the record's bytes are another's soon. Its start is the first number, as that of a range. */
export function takeSequence(sequences: Sequences, piece: number, integers: Integers, count: number): void {
  if (integers.kind === 'range') {
    takeRange(sequences, piece, integers.start, integers.stride, count)
    return
  }
  const bytes = Uint8Array.from(integers.bytes)
  let least = integerIn(bytes, 0)
  let greatest = least
  sequences.start[piece] = least
  for (let i = 1; i < count; i++) {
    const number = integerIn(bytes, i)
    if (number < least) least = number
    else if (number > greatest) greatest = number
  }
  sequences.list[piece] = sequences.lists.push(bytes) - 1
  reach(sequences, piece, least, greatest - least)
}

export function takeRange(sequences: Sequences, piece: number, start: number, stride: number, count: number): void {
  sequences.start[piece] = start
  sequences.stride[piece] = stride
  sequences.list[piece] = -1
  const length = stride * (count - 1)
  reach(sequences, piece, Math.min(start, start + length), Math.abs(length))
}

function reach(sequences: Sequences, piece: number, least: number, length: number): void {
  sequences.least[piece] = least
  if (length > sequences.span) sequences.span = length
}

export const integerAt = (integers: Integers, i: number): number =>
  integers.kind === 'range' ? integers.start + integers.stride * i : integerIn(integers.bytes, i)

export function integerIn(bytes: Uint8Array, i: number): number {
  const at = i * 8
  const low = bytes[at]! + bytes[at + 1]! * 0x100 + bytes[at + 2]! * 0x10000 + bytes[at + 3]! * 0x1000000
  const high = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24)
  return high * 4_294_967_296 + low
}
