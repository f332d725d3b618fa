/** WebSocket messages as bytes: what a client writes and reads, without an object per message. */

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** Header of a message of 126 to 65,535 bytes to a server, with a mask of zeros: a legal one that leaves the bytes as they are. */
export const headerBytes = 8

export function writeHeader(target: Uint8Array, at: number, length: number): void {
  target.set([0x80 | opcodes.binary, 0x80 | 126, length >> 8, length & 0xff, 0, 0, 0, 0], at)
}

/** One whole message to a server. */
export function clientMessage(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload
  const size =
    length < 126 ? [0x80 | length] : length < 65_536 ? [0x80 | 126, length >> 8, length & 0xff] : longSize(length)
  return Buffer.concat([Uint8Array.from([0x80 | opcode, ...size, 0, 0, 0, 0]), payload])
}

function longSize(length: number): number[] {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(length))
  return [0x80 | 127, ...bytes]
}

/** `buffer` holds the payload from `start` to `end`, and is used again after the call. */
export type OnMessage = (opcode: number, buffer: Buffer, start: number, end: number) => void

/**
 * Cuts a server's bytes, as they come, into messages. The returned function takes the first `length` bytes of a buffer.
 * It throws where a message is in fragments, masked or longer than `maximumBytes`: ours sends none like that.
 */
export function createMessageReader(onMessage: OnMessage, maximumBytes = 1 << 20) {
  /** What the last call left of a message. */
  let rest: Buffer | undefined

  /** Hands on whole messages from `at` on; where the rest begins. */
  function read(buffer: Buffer, at: number, length: number): number {
    while (length - at >= 2) {
      const first = buffer[at]!
      let payload = buffer[at + 1]!
      let begin = at + 2
      if ((first & 0x80) === 0 || (first & 0x0f) === opcodes.continuation) throw new Error('a message in fragments')
      if (payload > 127) throw new Error('a masked message of a server')
      if (payload === 126) {
        if (length - begin < 2) break
        payload = buffer.readUInt16BE(begin)
        begin += 2
      } else if (payload === 127) {
        if (length - begin < 8) break
        payload = buffer.readUInt32BE(begin) * 0x100000000 + buffer.readUInt32BE(begin + 4)
        begin += 8
      }
      if (payload > maximumBytes) throw new Error(`a message of ${payload} bytes`)
      if (length - begin < payload) break
      onMessage(first & 0x0f, buffer, begin, begin + payload)
      at = begin + payload
    }
    return at
  }

  return (buffer: Buffer, length: number): void => {
    const at = rest === undefined ? 0 : complete(rest, buffer, length)
    if (at < 0) return
    const end = read(buffer, at, length)
    rest = end < length ? Buffer.from(buffer.subarray(end, length)) : undefined
  }

  /** Hands on the message that `before` is the begin of. Where in `buffer` the next begins, or -1 where all of it is not enough. */
  function complete(before: Buffer, buffer: Buffer, length: number): number {
    // A little of what is new is enough, mostly; then the others can be read where they lie.
    for (const taken of [Math.min(length, 256), length]) {
      const joined = Buffer.concat([before, buffer.subarray(0, taken)])
      const end = read(joined, 0, joined.length)
      if (end > 0) return end - before.length
      if (taken === length) rest = joined
    }
    return -1
  }
}
