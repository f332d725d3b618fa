import type { Readable } from 'node:stream'
import type { StreamFormat } from '../../schema/store.ts'
import { openPipe } from './pipe.ts'
import type { Session, SessionRequest, Sessions } from './sessions.ts'
import { begun, type Pieces } from './stream-pieces.ts'
import { literal } from './text.ts'

/** For `infra/store`, which knows the engine's pieces alone. */
export type { StreamFormat } from '../../schema/store.ts'

/** So much of an answer is held back until there is more, or its end: what goes wrong at once is told instead of a begin. */
const heldBytes = 256 * 1024

/**
 * The answer to a SELECT as the engine writes it, through a pipe: the engine's own streams would be begun on the thread that serves everybody.
 * The pipe ends only when the engine has said how its query went, so what is cut short never looks whole. Settles with the first
 * piece. What was asked must have been checked: the way into a file is added here.
 */
export async function streamAnswer(sessions: Sessions, request: SessionRequest, format: StreamFormat): Promise<Pieces> {
  request.signal?.throwIfAborted()
  const pipe = await openPipe()
  const stop = new AbortController()
  const statement = `${request.statement}\nINTO OUTFILE ${literal(pipe.path)} APPEND FORMAT ${format}`
  let engineHasPath = false
  async function write(session: Session, text: string): Promise<void> {
    stop.signal.throwIfAborted()
    // A file descriptor closed any earlier than the engine's end could be another file's by the time the engine opens it.
    engineHasPath = true
    try {
      await session.queryAsync(text)
    } finally {
      pipe.end()
    }
  }
  const outcome = sessions.run({ ...request, statement, signal: stop.signal }, write).then(
    () => undefined,
    (error: Error) => error,
  )
  void outcome.then((error) => {
    if (!engineHasPath) pipe.end()
    // A reader that has stopped to read must not hold the engine up.
    if (error) stopNow()
  })

  /** The query is killed; what it still writes goes nowhere, so that it is not held up on its way to its end. */
  function stopNow(): void {
    stop.abort(request.signal?.reason ?? new Error('nobody reads the answer any more'))
    discardRest(pipe.output)
  }
  request.signal?.addEventListener('abort', stopNow, { once: true })
  if (request.signal?.aborted) stopNow()

  async function* read(): AsyncGenerator<Uint8Array, void> {
    try {
      let held: Uint8Array[] | undefined = []
      let length = 0
      for await (const piece of pipe.output.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
        length += piece.length
        if (!held) yield piece
        else held.push(piece)
        if (!held || length <= heldBytes) continue
        yield* held
        held = undefined
      }
      const error = await outcome
      if (error) throw error
      if (held) yield* held
    } catch (error) {
      throw request.signal?.aborted ? request.signal.reason : error
    } finally {
      request.signal?.removeEventListener('abort', stopNow)
      stopNow()
    }
  }
  return await begun(read())
}

/** Also of what somebody else has begun to read, who may not come back. */
function discardRest(output: Readable): void {
  const discard = () => {
    while (output.read() !== null);
  }
  output.on('readable', discard)
  discard()
}
