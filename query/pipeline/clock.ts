import { type ReadOptions, StoreTrouble } from '../../schema/store.ts'

/** The time that all questions of one load have together, and an end to all of them. */
export type Clock = {
  /** For the next question to the store: what is left. @throws when nothing is left, or it is over */
  readonly options: () => ReadOptions
  /** Ends what is under way: after a failure, or where it is not wanted any more. */
  readonly stop: () => void
}

export function createClock({ timeoutMs, signal, ...rest }: ReadOptions): Clock {
  const end = timeoutMs === undefined ? undefined : performance.now() + timeoutMs
  const stopping = new AbortController()
  const either = signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal
  return {
    stop: () => stopping.abort(),
    options() {
      either.throwIfAborted()
      if (end === undefined) return { ...rest, signal: either }
      const left = end - performance.now()
      if (left <= 0) throw new StoreTrouble('timeout', 'the points could not be read in time')
      return { ...rest, timeoutMs: left, signal: either }
    },
  }
}
