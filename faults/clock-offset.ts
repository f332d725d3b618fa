/** The offset of a stepped clock as its process reads it. */
import { readFileSync } from 'node:fs'

export const offsetFileVariable = 'STEPSTREAM_CLOCK_FILE'
const rereadMs = 50

/** Gives the offset in ms; looks at the file again at most every 50 ms, by the monotonic clock. */
export function createOffset(file: string): () => number {
  let readAtMs = Number.NEGATIVE_INFINITY
  let offsetMs = 0
  return () => {
    const nowMs = performance.now()
    if (nowMs - readAtMs >= rereadMs) {
      readAtMs = nowMs
      offsetMs = read(file) ?? offsetMs
    }
    return offsetMs
  }
}

function read(file: string): number | undefined {
  try {
    const offsetMs = Number(readFileSync(file, 'utf8'))
    return Number.isSafeInteger(offsetMs) ? offsetMs : undefined
  } catch {
    // Its world has been removed.
    return undefined
  }
}
