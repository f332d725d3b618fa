import type { SequenceVerdict } from './sequence.ts'

/**
 * Sequence numbers seen, as a plain set. Runs of neighbours are counted anew after each; when there are more than
 * `maximumRuns`, the lowest is forgotten, and everything below the next one cannot be judged any more.
 */
export function createSequenceOracle(maximumRuns: number): (seq: number) => SequenceVerdict {
  const seen = new Set<number>()
  let floor = 0
  return (seq) => {
    if (seq < floor) return 'unknown'
    if (seen.has(seq)) return 'seen'
    seen.add(seq)
    const starts = [...seen].filter((other) => !seen.has(other - 1)).sort((a, b) => a - b)
    if (starts.length > maximumRuns) {
      floor = starts[1]!
      for (const other of seen) if (other < floor) seen.delete(other)
    }
    return 'new'
  }
}
