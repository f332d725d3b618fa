import { syncBuiltinESMExports } from 'node:module'
import timers, { setImmediate } from 'node:timers/promises'

type Timer = { readonly call: () => void; readonly everyMs: number | undefined; dueMs: number; unref(): void }

/**
 * Does `work` while time is a count of turns of the event loop, `turnMs` each: the timers and `performance.now` go by it, so what
 * happens does not depend on how fast or busy the machine is. Holds for work that waits for timers and turns and for nothing else.
 */
export async function inVirtualTime<T>(turnMs: number, work: () => Promise<T>): Promise<T> {
  const set = new Set<Timer>()
  let nowMs = 0
  let ended = false

  function start(call: () => void, ms = 0, again = false): Timer {
    const waitMs = Math.max(1, ms)
    const timer = { call, everyMs: again ? waitMs : undefined, dueMs: nowMs + waitMs, unref() {} }
    set.add(timer)
    return timer
  }
  const clear = (timer: Timer | undefined) => void (timer && set.delete(timer))

  function sleep(ms: number, value: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        clear(timer)
        reject(signal!.reason)
      }
      const timer = start(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve(value)
      }, ms)
      if (signal?.aborted) onAbort()
      else signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** One timer after the other, the earliest first; of those of one moment the one that was set first. */
  function callDue(): void {
    for (;;) {
      let next: Timer | undefined
      for (const timer of set) if (timer.dueMs <= nowMs && timer.dueMs < (next?.dueMs ?? Infinity)) next = timer
      if (!next) return
      if (next.everyMs === undefined) set.delete(next)
      else next.dueMs += next.everyMs
      next.call()
    }
  }

  async function turnOn(): Promise<void> {
    while (!ended) {
      await setImmediate()
      nowMs += turnMs
      callDue()
    }
  }

  const restore = replace(globalThis, {
    setTimeout: start,
    setInterval: (call: () => void, ms: number) => start(call, ms, true),
    clearTimeout: clear,
    clearInterval: clear,
  })
  const restorePromises = replace(timers, { setTimeout: sleep })
  const restoreClock = replace(performance, { now: () => nowMs })
  // Those who import a timer by its name get what this makes of it.
  syncBuiltinESMExports()
  try {
    void turnOn()
    return await work()
  } finally {
    ended = true
    restoreClock()
    restorePromises()
    restore()
    syncBuiltinESMExports()
  }
}

/** Gives an object other properties; the answer gives it its own back. */
function replace(object: object, properties: Record<string, unknown>): () => void {
  const own = Object.keys(properties).map((name) => [name, Object.getOwnPropertyDescriptor(object, name)] as const)
  for (const [name, value] of Object.entries(properties))
    Object.defineProperty(object, name, { value, configurable: true, writable: true })
  return () => {
    for (const [name, descriptor] of own) {
      if (descriptor) Object.defineProperty(object, name, descriptor)
      else Reflect.deleteProperty(object, name)
    }
  }
}
