/** The bytes of one answer, which several partitions' records are views of. */
export type Lease = {
  readonly bytes: Buffer
  /** One more record of it is in use. */
  hold(): void
  /** One less; with the last one its bytes are another answer's. */
  release(): void
}

/** Smaller ones are left to the garbage collector. */
const smallestBytes = 16 * 1024
/** Kept for the next answers. */
const spareBytesLimit = 16 * 1024 * 1024

/**
 * Answers come into memory that is used again: fresh memory of 20 MB/s would have the garbage collector look through the whole
 * heap, however large, every few seconds.
 */
export function createFetchBuffers() {
  let spare: Buffer[] = []
  let spareBytes = 0

  function take(bytes: number): Buffer {
    const index = spare.findIndex((buffer) => buffer.length >= bytes)
    if (index < 0) return Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)))
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

  return {
    /** Held once, by whoever asks. */
    lease(bytes: number): Lease {
      if (bytes < smallestBytes) return { bytes: Buffer.allocUnsafe(bytes), hold() {}, release() {} }
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
      }
    },
  }
}
