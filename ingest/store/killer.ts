import { drainPending, type Session } from 'chdb'
import { openSession } from './engine.ts'
import { literal } from './text.ts'

/** Stops queries from outside: the engine's own calls cannot be interrupted, but KILL QUERY from another session works. */
export type Killer = {
  /** Asks the engine to end the queries whose `log_comment` is `mark`. */
  kill(mark: string): Promise<void>
  close(): Promise<void>
}

/** One session, opened when the first query has to be killed. */
export function openKiller(path: string): Killer {
  let session: Session | undefined
  let previous: Promise<unknown> = Promise.resolve()
  return {
    kill(mark) {
      const done = previous.then(async () => {
        session ??= openSession(path)
        await session.queryAsync(`KILL QUERY WHERE Settings['log_comment'] = ${literal(mark)}`)
      })
      previous = done.catch(noop)
      return done.catch(noop)
    },
    async close() {
      await previous
      session?.close()
      await drainPending()
    },
  }
}

const killAgainMs = 100

/**
 * `answer` is `finished`, or given up at once when the signal aborts, and the query killed; `free` resolves when the session can
 * serve again: after the engine has let go of the query, and no kill is under way that could hit the next one.
 */
export function killedOnAbort<T>(
  finished: Promise<T>,
  signal: AbortSignal,
  kill: () => Promise<void>,
): { answer: Promise<T>; free: Promise<void> } {
  const ended = finished.then(noop, noop)
  let running = true
  let killing: Promise<void> = Promise.resolve()
  // Again and again: a kill that comes before the engine has listed the query finds nothing.
  const killUntilEnded = async () => {
    while (running) {
      await kill()
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, killAgainMs))])
    }
  }
  const answer = new Promise<T>((resolve, reject) => {
    const onAbort = () => {
      killing = killUntilEnded()
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    // It may have aborted while the session was made ready.
    if (signal.aborted) onAbort()
    finished.then(resolve, reject)
    void ended.then(() => {
      running = false
      signal.removeEventListener('abort', onAbort)
    })
  })
  return { answer, free: ended.then(() => killing) }
}

const noop = () => {}
