/** Some who wait for the log. */
export type Waiting = {
  /** Tells those who wait since `lateMs` of the monotonic clock, or longer, that their time is over. */
  expire(lateMs: number): void
}

export type Deadlines = {
  add(waiting: Waiting): void
  remove(waiting: Waiting): void
  stop(): void
}

/** One look now and then at those who wait is all that a deadline costs. */
export function createDeadlines(timeoutMs: number): Deadlines {
  const all = new Set<Waiting>()

  function look(): void {
    const lateMs = performance.now() - timeoutMs
    for (const waiting of all) waiting.expire(lateMs)
  }

  const timer = setInterval(look, Math.min(250, timeoutMs / 4))
  timer.unref()
  return {
    add: (waiting) => void all.add(waiting),
    remove: (waiting) => void all.delete(waiting),
    stop: () => clearInterval(timer),
  }
}
