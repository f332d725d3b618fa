/** What only one at a time does, and those who wait for it share. */
export type Shared<T> = {
  /** Resolves with what a run gives that began after the call: one run serves all who came before it began. @throws what the run throws */
  next(): Promise<T>
  isRunning(): boolean
}

export function sharedNext<T>(work: () => Promise<T>): Shared<T> {
  let running: Promise<T> | undefined
  let following: Promise<T> | undefined

  function next(): Promise<T> {
    if (!running) {
      running = work().finally(() => {
        running = undefined
      })
      return running
    }
    following ??= running
      .catch(() => {})
      .then(() => {
        following = undefined
        return next()
      })
    return following
  }

  return { next, isRunning: () => running !== undefined }
}
