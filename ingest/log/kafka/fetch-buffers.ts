/** The bytes of one answer, which records are views of, perhaps of several partitions; or of a part of it, copied. */
export type Lease = {
  readonly bytes: Buffer
  /** One more record of it is in use. */
  hold(): void
  /** One less; with the last one its bytes are another answer's. */
  release(): void
  /** The same bytes in memory of their own, held once. */
  copy(bytes: Buffer): Lease
}

/** Smaller ones are left to the garbage collector. */
const smallestBytes = 16 * 1024
/** Kept for the next answers: about what readers that are behind hold, all together. */
const spareBytesLimit = 32 * 1024 * 1024
/** Above it sizes go by as much: the largest answers have a few bytes more than 4 MiB. */
const largeBytes = 1024 * 1024

/**
 * Answers come into memory that is used again: fresh memory of 20 MB/s would have the garbage collector look through the whole
 * heap, however large, every few seconds.
 */
export function createFetchBuffers() {
  let spare: Buffer[] = []
  let spareBytes = 0

  function take(bytes: number): Buffer {
    const room = roomFor(bytes)
    // A far larger one would be held for the little that is in it.
    const index = spare.findIndex((buffer) => buffer.length >= bytes && buffer.length <= 2 * room)
    if (index < 0) return Buffer.allocUnsafeSlow(room)
    const [buffer] = spare.splice(index, 1)
    spareBytes -= buffer!.length
    return buffer!
  }

  function giveBack(buffer: Buffer): void {
    if (spareBytes + buffer.length > spareBytesLimit) return
    spareBytes += buffer.length
    // The smallest that fits is taken.
    spare = [...spare, buffer].sort((a, b) => a.length - b.length)
  }

  /** Held once, by whoever asks. */
  function lease(bytes: number): Lease {
    const copy = (part: Buffer) => {
      const own = lease(part.length)
      part.copy(own.bytes)
      return own
    }
    if (bytes < smallestBytes) return { bytes: Buffer.allocUnsafe(bytes), hold() {}, release() {}, copy }
    const buffer = take(bytes)
    let holders = 1
    return {
      bytes: buffer.subarray(0, bytes),
      hold() {
        holders++
      },
      release() {
        if (--holders === 0) giveBack(buffer)
      },
      copy,
    }
  }

  return { lease }
}

function roomFor(bytes: number): number {
  return bytes > largeBytes ? Math.ceil(bytes / largeBytes) * largeBytes : 2 ** Math.ceil(Math.log2(bytes))
}
