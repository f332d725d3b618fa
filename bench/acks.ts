/** The server's most frequent answers, read where they lie: `{"ok": true, "at": "…", "n": [first, last, …]}`, or with `"seq": …, "n": …` of one message. */
export type Ack = {
  /** The messages `numbers[0]` to `numbers[1]`, and so on: so many numbers count. */
  readonly numbers: number[]
  length: number
  /** Where the token's text lies in the buffer. */
  atStart: number
  atEnd: number
}

export function createAck(): Ack {
  return { numbers: [], length: 0, atStart: 0, atEnd: 0 }
}

/** msgpack of `"ok": true` and the key `at`; of the key `seq`; of the key `n`. */
const opening = Buffer.from([0xa2, 0x6f, 0x6b, 0xc3, 0xa2, 0x61, 0x74])
const keySeq = Buffer.from([0xa3, 0x73, 0x65, 0x71])
const keyN = Buffer.from([0xa1, 0x6e])

/** Where the last thing read ends. */
let end = 0

/** Fills `ack` and tells whether the payload is an acknowledgement in just this form; any other is for a real decoder. */
export function readAck(buffer: Buffer, start: number, finish: number, ack: Ack): boolean {
  const fields = buffer[start]! & 0x0f
  if ((buffer[start]! & 0xf0) !== 0x80 || (fields !== 3 && fields !== 4)) return false
  if (!holds(buffer, start + 1, finish, opening) || !readText(buffer, finish, ack)) return false
  if (fields === 4) {
    if (!holds(buffer, end, finish, keySeq)) return false
    if (buffer[end] === 0xc0) end++
    else if (readNumber(buffer) < 0) return false
  }
  if (!holds(buffer, end, finish, keyN)) return false
  ack.length = 2
  if (fields === 3) {
    if (!readArrayHead(buffer, ack) || end + ack.length > finish) return false
    for (let i = 0; i < ack.length; i++) {
      const n = readNumber(buffer)
      if (n < 0) return false
      ack.numbers[i] = n
    }
  } else {
    const n = readNumber(buffer)
    if (n < 0) return false
    ack.numbers[0] = n
    ack.numbers[1] = n
  }
  return end === finish
}

/** Sets `end` behind the bytes. */
function holds(buffer: Buffer, at: number, finish: number, bytes: Buffer): boolean {
  if (finish - at < bytes.length + 1) return false
  for (let i = 0; i < bytes.length; i++) if (buffer[at + i] !== bytes[i]) return false
  end = at + bytes.length
  return true
}

/** The token, from `end` on. */
function readText(buffer: Buffer, finish: number, ack: Ack): boolean {
  const head = buffer[end]!
  let length = head & 0x1f
  let headBytes = 1
  if (head === 0xd9) {
    length = buffer[end + 1]!
    headBytes = 2
  } else if (head < 0xa0 || head > 0xbf) return false
  ack.atStart = end + headBytes
  ack.atEnd = ack.atStart + length
  end = ack.atEnd
  return end < finish
}

function readArrayHead(buffer: Buffer, ack: Ack): boolean {
  const head = buffer[end++]!
  if (head === 0xdc) {
    ack.length = (buffer[end]! << 8) | buffer[end + 1]!
    end += 2
  } else if (head >= 0x90 && head <= 0x9f) ack.length = head & 0x0f
  else return false
  return ack.length > 0 && ack.length % 2 === 0
}

/** A number from 0 to 2^32 - 1 at `end`, or -1. */
function readNumber(buffer: Buffer): number {
  const at = end
  const head = buffer[at]!
  if (head <= 0x7f) {
    end = at + 1
    return head
  }
  if (head === 0xcc) {
    end = at + 2
    return buffer[at + 1]!
  }
  if (head === 0xcd) {
    end = at + 3
    return (buffer[at + 1]! << 8) | buffer[at + 2]!
  }
  if (head === 0xce) {
    end = at + 5
    return ((buffer[at + 1]! << 24) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 8) | buffer[at + 4]!) >>> 0
  }
  return -1
}
