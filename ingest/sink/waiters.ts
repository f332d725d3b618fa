/** Those who wait until the store has come to an offset. */
export type Waiters = {
  wait(offset: number): Promise<void>
  /** Everything up to `offset` is there. */
  wake(offset: number): void
  reject(reason: Error): void
}

export function createWaiters(): Waiters {
  let waiters: { offset: number; resolve: () => void; reject: (reason: Error) => void }[] = []
  return {
    wait: (offset) => new Promise((resolve, reject) => waiters.push({ offset, resolve, reject })),
    wake(offset) {
      const ready = waiters.filter((waiter) => waiter.offset <= offset)
      waiters = waiters.filter((waiter) => waiter.offset > offset)
      for (const waiter of ready) waiter.resolve()
    },
    reject(reason) {
      for (const waiter of waiters) waiter.reject(reason)
      waiters = []
    },
  }
}
