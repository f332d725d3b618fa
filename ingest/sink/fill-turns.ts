/** Whose turn it is to fill a large block, among the partitions of a process. First come, first served. */
export type FillTurns = {
  /** Resolves with what ends the turn, or with nothing once `signal` is aborted. */
  take(signal: AbortSignal): Promise<(() => void) | undefined>
}

/** One block is inserted, the rows of the next are made, and a third fills. */
const most = 3

export function createFillTurns(): FillTurns {
  const waiting = new Set<() => void>()
  let taken = 0

  function begin(): () => void {
    taken++
    return () => {
      taken--
      const [next] = waiting
      next?.()
    }
  }

  return {
    async take(signal) {
      if (signal.aborted) return undefined
      if (taken < most) return begin()
      return await new Promise((resolve) => {
        const leave = () => {
          waiting.delete(go)
          resolve(undefined)
        }
        const go = () => {
          waiting.delete(go)
          signal.removeEventListener('abort', leave)
          resolve(begin())
        }
        waiting.add(go)
        signal.addEventListener('abort', leave, { once: true })
      })
    },
  }
}
