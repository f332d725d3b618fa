/** Tells how long something worked, apart from what it waited for. */
export type WorkClock = {
  waiting<T>(wait: Promise<T>): Promise<T>
  /** Work that may be tried again and again: only its last try counts. */
  lastTry<T>(work: () => Promise<T>): () => Promise<T>
  workedMs(): number
}

export function startWorkClock(now: () => number = () => performance.now()): WorkClock {
  const started = now()
  let waitedMs = 0
  return {
    async waiting(wait) {
      const began = now()
      const result = await wait
      waitedMs += now() - began
      return result
    },
    lastTry(work) {
      let began = now()
      return () => {
        waitedMs += now() - began
        began = now()
        return work()
      }
    },
    workedMs: () => now() - started - waitedMs,
  }
}
