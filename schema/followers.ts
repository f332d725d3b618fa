/** Who wants to hear of every change. */
export type Followers = {
  /** Calls back at every change, until the answer is called. */
  follow(listener: () => void): () => void
  tell(): void
  count(): number
}

export function createFollowers(): Followers {
  const listeners = new Set<() => void>()
  return {
    follow(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    tell() {
      for (const listener of listeners) listener()
    },
    count: () => listeners.size,
  }
}
