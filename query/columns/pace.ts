import { setImmediate } from 'node:timers/promises'

/** Longest stretch of work between two turns of the event loop, about, ms. */
const stretchMs = 8

/** To be awaited now and then in long work: lets others have their turn when it is time. */
export function createPace(): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < stretchMs) return undefined
    return setImmediate().then(() => {
      since = performance.now()
    })
  }
}

/** One at a time, in the order in which they come. */
export function createTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work, work)
    last = done.catch(() => {})
    return done
  }
}
