/** Someone who waits for the log. */
export type Waiting = {
  readonly sinceMs: number
  /** True once it needs no answer any more. */
  settled: boolean
  /** Called when the time is over and it is not settled; must settle it. */
  expire(): void
}

export type Deadlines = {
  add(waiting: Waiting): void
  /** How long the oldest has waited, ms; 0 when nobody waits. */
  oldestMs(): number
  stop(): void
}

/** All wait equally long, so they stand in a row, and one look at its head now and then is all that a frame costs. */
export function createDeadlines(timeoutMs: number): Deadlines {
  let row: Waiting[] = []
  let head = 0

  function skipSettled(): Waiting | undefined {
    while (head < row.length && row[head]!.settled) head++
    return row[head]
  }

  function look(): void {
    const late = performance.now() - timeoutMs
    for (let first = skipSettled(); first && first.sinceMs <= late; first = skipSettled()) {
      first.expire()
    }
    if (head === 0) return
    row = row.slice(head)
    head = 0
  }

  const timer = setInterval(look, Math.min(250, timeoutMs / 4))
  timer.unref()
  return {
    add: (waiting) => void row.push(waiting),
    oldestMs() {
      const first = skipSettled()
      return first ? performance.now() - first.sinceMs : 0
    },
    stop: () => clearInterval(timer),
  }
}
