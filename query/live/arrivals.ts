import type { Cut } from './position.ts'

/** Those who wait until the process has come to a place in the log. */
export type Arrivals = {
  /** Resolves with true once it is there, with false when it has not come there in time. */
  wait(cut: Cut): Promise<boolean>
  /** It went on, or time did. */
  look(): void
  stop(): void
}

/** A viewer that comes from a server that is further waits so long, ms. */
const reachMs = 10_000

export function createArrivals(current: () => Cut): Arrivals {
  const waiting = new Set<{ cut: Cut; resolve: (reached: boolean) => void; untilMs: number }>()
  const isReached = (cut: Cut) => cut.every((offset, partition) => offset <= (current()[partition] ?? -1))

  function settle(over: (one: { cut: Cut; untilMs: number }) => boolean): void {
    for (const one of [...waiting]) {
      const reached = isReached(one.cut)
      if (!reached && !over(one)) continue
      waiting.delete(one)
      one.resolve(reached)
    }
  }

  return {
    wait: (cut) =>
      isReached(cut)
        ? Promise.resolve(true)
        : new Promise((resolve) => waiting.add({ cut, resolve, untilMs: performance.now() + reachMs })),
    look: () => settle(({ untilMs }) => performance.now() > untilMs),
    stop: () => settle(() => true),
  }
}
