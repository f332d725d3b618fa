import type { StreamFormat } from '../../schema/store.ts'
import { openPipe } from './pipe.ts'
import type { SessionRequest, Sessions } from './sessions.ts'
import { literal } from './text.ts'

export type { StreamFormat } from '../../schema/store.ts'

/** Pieces of an answer that stop what makes them when their reader ends early, also before the first is taken. */
export type Pieces = {
  [Symbol.asyncIterator](): Pieces
  next(): Promise<IteratorResult<Uint8Array, void>>
  return(): Promise<IteratorResult<Uint8Array, void>>
}

/**
 * The answer to a SELECT as the engine writes it, through a pipe: the engine's own streams would be begun on the thread that serves everybody.
 * The pipe ends only when the engine has said how its query went, so what is cut short never looks whole. Settles with the first
 * piece.
 */
export async function streamAnswer(sessions: Sessions, request: SessionRequest, format: StreamFormat): Promise<Pieces> {
  request.signal?.throwIfAborted()
  const pipe = await openPipe()
  const stop = new AbortController()
  const stopNow = () => {
    stop.abort(request.signal?.reason ?? new Error('nobody reads the answer any more'))
    pipe.close()
  }
  const statement = `${request.statement}\nINTO OUTFILE ${literal(pipe.path)} APPEND FORMAT ${format}`
  const outcome = sessions
    .run({ ...request, statement, signal: stop.signal }, (session) => session.queryAsync(statement))
    .then(
      () => undefined,
      (error: Error) => error,
    )
  void outcome.then(() => pipe.end())
  request.signal?.addEventListener('abort', stopNow, { once: true })

  async function* read(): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const piece of pipe.output) yield piece as Uint8Array
      const error = await outcome
      if (error) throw error
    } catch (error) {
      throw request.signal?.aborted ? request.signal.reason : error
    } finally {
      request.signal?.removeEventListener('abort', stopNow)
      stopNow()
    }
  }
  return await begun(read())
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
