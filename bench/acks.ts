/** The server's most frequent answer, `{"ok": true, "seq": …, "n": …, "at": "…"}`, read where it lies. */
export type Ack = {
  n: number
  /** Where the token's text lies in the buffer. */
  atStart: number
  atEnd: number
}

/** msgpack of `"ok": true` and the key `seq`; of the key `n`; of the key `at`. */
const opening = Buffer.from([0xa2, 0x6f, 0x6b, 0xc3, 0xa3, 0x73, 0x65, 0x71])
const keyN = Buffer.from([0xa1, 0x6e])
const keyAt = Buffer.from([0xa2, 0x61, 0x74])

/** Where the last number read ends. */
let end = 0

/** Fills `ack` and tells whether the payload is an acknowledgement in just this form; any other is for a real decoder. */
export function readAck(buffer: Buffer, start: number, finish: number, ack: Ack): boolean {
  // A map of four, in its short or in its long form.
  const isLong = buffer[start] === 0xde && buffer[start + 1] === 0 && buffer[start + 2] === 4
  if (!isLong && buffer[start] !== 0x84) return false
  const openingAt = start + (isLong ? 3 : 1)
  if (!holds(buffer, openingAt, finish, opening)) return false
  const seqAt = openingAt + opening.length
  if (buffer[seqAt] === 0xc0) end = seqAt + 1
  else if (readNumber(buffer, seqAt) < 0) return false
  if (!holds(buffer, end, finish, keyN)) return false
  const n = readNumber(buffer, end + keyN.length)
  if (n < 0 || !holds(buffer, end, finish, keyAt)) return false
  const textAt = end + keyAt.length
  const head = buffer[textAt]!
  if (head >= 0xa0 && head <= 0xbf) end = textAt + 1
  else if (head === 0xd9) end = textAt + 2
  else if (head === 0xda) end = textAt + 3
  else return false
  const length = head === 0xd9 ? buffer[textAt + 1]! : head === 0xda ? buffer.readUInt16BE(textAt + 1) : head & 0x1f
  if (end + length !== finish) return false
  ack.n = n
  ack.atStart = end
  ack.atEnd = finish
  return true
}

function holds(buffer: Buffer, at: number, finish: number, bytes: Buffer): boolean {
  if (finish - at < bytes.length + 1) return false
  for (let i = 0; i < bytes.length; i++) if (buffer[at + i] !== bytes[i]) return false
  return true
}

/** A number from 0 to 2^32 - 1, or -1; sets `end`. */
function readNumber(buffer: Buffer, at: number): number {
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
