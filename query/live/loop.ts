export type Loop = {
  /** There is something to do: at once, or when the pause after the last time is over. While it is done, once more. */
  wake(): void
  stop(): void
}

/**
 * Does some work whenever it is asked to, never twice at once: those who ask meanwhile share the next time. `pauseMs`: how long it rests, from
 * what it took and whether it failed.
 */
export function createLoop(work: () => Promise<void>, pauseMs: (tookMs: number, failed: boolean) => number): Loop {
  let timer: NodeJS.Timeout | undefined
  let isBusy = false
  let isWanted = false
  let isOver = false
  let restUntilMs = 0

  async function run(): Promise<void> {
    timer = undefined
    isBusy = true
    isWanted = false
    const begin = performance.now()
    const failed = await work().then(
      () => false,
      () => true,
    )
    const end = performance.now()
    restUntilMs = end + pauseMs(end - begin, failed)
    isBusy = false
    if (isWanted || failed) wake()
  }

  function wake(): void {
    isWanted = true
    if (isBusy || isOver || timer) return
    timer = setTimeout(() => void run(), Math.max(0, restUntilMs - performance.now()))
  }

  return {
    wake,
    stop() {
      isOver = true
      clearTimeout(timer)
    },
  }
}
