import type { Random } from '../test/random.ts'
import type { Encoder } from './encode.ts'
import type { Feed } from './feed.ts'
import type { Ledger } from './ledger.ts'

/** A writer process in miniature: sends what its feed gives, by whichever gateway answers. */
export type Client = {
  /** Resolves when everything it had to send is decided. */
  readonly finished: Promise<void>
  stop(): void
}

export type ClientOptions = {
  readonly urls: readonly string[]
  readonly feed: Feed
  readonly ledger: Ledger
  readonly encoder: Encoder
  readonly random: Random
  /** Without an answer for so long a request counts as lost. */
  readonly answerTimeoutMs: number
}

/** Pauses between tries: doubled from try to try, up to half a second, each anywhere below that. */
export function createBackoff(random: Random): { next(): number; reset(): void } {
  const firstMs = 20
  const longestMs = 500
  let ceilingMs = firstMs
  return {
    next() {
      const pauseMs = random() * ceilingMs
      ceilingMs = Math.min(longestMs, ceilingMs * 2)
      return pauseMs
    },
    reset() {
      ceilingMs = firstMs
    },
  }
}
