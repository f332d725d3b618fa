/** A frame that was sent and is not answered. */
export type Flight = { frame: number; sinceMs: number; withSet: boolean }

/**
 * The unanswered messages of a connection, by their number, in flat arrays. A message may wait while four times as many later
 * ones as the window holds are answered; then it holds up the next.
 */
export function createFlights(window: number) {
  const capacity = 2 ** Math.ceil(Math.log2(4 * window))
  const mask = capacity - 1
  const frames = new Float64Array(capacity)
  const sinces = new Float64Array(capacity)
  /** 0: free. */
  const sizes = new Int32Array(capacity)
  const numbers = new Float64Array(capacity)
  const sets = new Uint8Array(capacity)
  /** Given out again and again. */
  const flight: Flight = { frame: 0, sinceMs: 0, withSet: false }
  let count = 0
  let bytes = 0
  return {
    count: () => count,
    bytes: () => bytes,
    isFree: (n: number) => sizes[n & mask] === 0,
    add(n: number, frame: number, size: number, sinceMs: number, withSet: boolean): void {
      const at = n & mask
      numbers[at] = n
      frames[at] = frame
      sizes[at] = size
      sinces[at] = sinceMs
      sets[at] = withSet ? 1 : 0
      count++
      bytes += size
    },
    /** Valid until the next call; undefined when there is no such message in flight. */
    take(n: number): Flight | undefined {
      const at = n & mask
      if (sizes[at] === 0 || numbers[at] !== n) return undefined
      count--
      bytes -= sizes[at]!
      sizes[at] = 0
      flight.frame = frames[at]!
      flight.sinceMs = sinces[at]!
      flight.withSet = sets[at] === 1
      return flight
    },
  }
}
