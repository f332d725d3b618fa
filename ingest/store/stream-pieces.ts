/** Pieces of an answer that stop what makes them when their reader ends early, also before the first is taken. */
export type Pieces = {
  [Symbol.asyncIterator](): Pieces
  next(): Promise<IteratorResult<Uint8Array, void>>
  return(): Promise<IteratorResult<Uint8Array, void>>
}

/** Pieces of which the first is there. The generator has begun by then, so that `return` gets to its end. */
export async function begun(pieces: AsyncGenerator<Uint8Array, void>): Promise<Pieces> {
  let first: IteratorResult<Uint8Array, void> | undefined = await pieces.next()
  const all: Pieces = {
    [Symbol.asyncIterator]: () => all,
    async next() {
      const taken = first ?? (await pieces.next())
      first = undefined
      return taken
    },
    async return() {
      await pieces.return()
      return { done: true, value: undefined }
    },
  }
  return all
}

/** Pieces whose errors are those that `trouble` makes of them, at the begin and in the middle. */
export async function named(begin: () => Promise<Pieces>, trouble: (error: unknown) => unknown): Promise<Pieces> {
  const fail = (error: unknown): never => {
    throw trouble(error)
  }
  const pieces = await begin().catch(fail)
  const told: Pieces = {
    [Symbol.asyncIterator]: () => told,
    next: () => pieces.next().catch(fail),
    return: () => pieces.return(),
  }
  return told
}
