/** A bounded number of things, made when they are first needed and lent to one after the other. */
export type Lending<T> = {
  /** Waits while all are lent: first come, first served. @throws the reason of `signal` once that is aborted, and the queue is left */
  take(signal?: AbortSignal): Promise<T>
  giveBack(thing: T): void
  /** All that were made. */
  readonly made: readonly T[]
  /** Those that nobody has now. */
  readonly free: readonly T[]
}

/** `check` hears how many wait already before one more does, and may throw. */
export function createLending<T>(
  count: number,
  make: () => T | Promise<T>,
  check: (waiting: number) => void = () => {},
): Lending<T> {
  const made: T[] = []
  const free: T[] = []
  const waiting: ((thing: T) => void)[] = []
  let begun = 0
  return {
    made,
    free,
    async take(signal) {
      signal?.throwIfAborted()
      if (free.length > 0) return free.pop()!
      if (begun < count) {
        begun++
        const fresh = await make()
        made.push(fresh)
        return fresh
      }
      check(waiting.length)
      return await new Promise((resolve, reject) => {
        const leave = () => {
          waiting.splice(waiting.indexOf(go), 1)
          reject(signal!.reason)
        }
        const go = (thing: T) => {
          signal?.removeEventListener('abort', leave)
          resolve(thing)
        }
        waiting.push(go)
        signal?.addEventListener('abort', leave, { once: true })
      })
    },
    giveBack(thing) {
      const next = waiting.shift()
      if (next) next(thing)
      else free.push(thing)
    },
  }
}
