import type { Position } from './batch.ts'

/** Acknowledgements as they go out. What is returned is valid until the next call. */
export type AckWriter = {
  /** `{ok: true, at, seq, n}`; `seq` below 0: nil. */
  one(number: number, seq: number, position: Position): Uint8Array
  /** `{ok: true, at, n: [first, last, …]}`: of the frames `numbers[from]` to `numbers[to - 1]`, which ascend. */
  many(numbers: readonly number[], from: number, to: number, position: Position): Uint8Array
}

/** A token of one partition is far shorter than 255. */
const headBytes = 300
const keyAt = Buffer.from('\xa2at\xd9', 'latin1')
const keySeq = Buffer.from('\xa3seq', 'latin1')
const keyNumber = Buffer.from('\xa1n', 'latin1')
const okTrue = Buffer.from('\xa2ok\xc3', 'latin1')

/** All acknowledgements of one record begin with the same bytes, which are made once. */
export function createAckWriter(): AckWriter {
  let bytes = Buffer.allocUnsafeSlow(headBytes + 64)
  let views: (Uint8Array | undefined)[] = []
  let at = 0
  let headOf: Position | undefined
  let headEnd = 0
  let headFields = 0

  function begin(position: Position, fields: number): void {
    if (position !== headOf || fields !== headFields) {
      headOf = position
      headFields = fields
      bytes[0] = 0x80 | fields
      at = 1
      put(okTrue)
      put(keyAt)
      bytes[at++] = position.token.length
      at += bytes.write(position.token, at, 'latin1')
      headEnd = at
    }
    at = headEnd
  }

  function put(piece: Uint8Array): void {
    for (let i = 0; i < piece.length; i++) bytes[at++] = piece[i]!
  }

  function putNumber(value: number): void {
    if (value < 0x80) bytes[at++] = value
    else if (value < 0x100) {
      bytes[at++] = 0xcc
      bytes[at++] = value
    } else if (value < 0x1_0000) {
      bytes[at++] = 0xcd
      bytes[at++] = value >>> 8
      bytes[at++] = value
    } else if (value < 0x1_0000_0000) {
      bytes[at++] = 0xce
      at = bytes.writeUInt32BE(value, at)
    } else {
      bytes[at++] = 0xcb
      at = bytes.writeDoubleBE(value, at)
    }
  }

  /** Most are as long as another before. */
  function written(): Uint8Array {
    let view = views[at]
    if (view === undefined) {
      view = bytes.subarray(0, at)
      views[at] = view
    }
    return view
  }

  return {
    one(number, seq, position) {
      begin(position, 4)
      put(keySeq)
      if (seq < 0) bytes[at++] = 0xc0
      else putNumber(seq)
      put(keyNumber)
      putNumber(number)
      return written()
    },
    many(numbers, from, to, position) {
      let ranges = 1
      for (let i = from + 1; i < to; i++) if (numbers[i] !== numbers[i - 1]! + 1) ranges++
      const needed = headBytes + 64 + ranges * 18
      if (needed > bytes.length) {
        bytes = Buffer.allocUnsafeSlow(needed)
        views = []
        headOf = undefined
      }
      begin(position, 3)
      put(keyNumber)
      bytes[at++] = 0xdc
      at = bytes.writeUInt16BE(ranges * 2, at)
      for (let i = from; i < to; i++) {
        if (i === from || numbers[i] !== numbers[i - 1]! + 1) putNumber(numbers[i]!)
        if (i === to - 1 || numbers[i + 1] !== numbers[i]! + 1) putNumber(numbers[i]!)
      }
      return written()
    },
  }
}
