/** Pauses of work that nobody waits for, until somebody does; one at a time. */
export type Pace = {
  /** Resolves after so long; at once while there is haste. */
  pause(ms: number): Promise<void>
  /** Ends the pause under way, and lets no other begin until there is calm again. */
  hurry(): void
  calm(): void
  hasty(): boolean
}

export function createPace(): Pace {
  let hasty = false
  let goOn = () => {}
  return {
    pause(ms) {
      if (hasty) return Promise.resolve()
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, ms)
        goOn = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    },
    hurry() {
      hasty = true
      goOn()
    },
    calm() {
      hasty = false
    },
    hasty: () => hasty,
  }
}
