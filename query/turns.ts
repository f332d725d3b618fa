import { atMost } from '../schema/at-most.ts'
import { failure } from './failures.ts'

export type TurnSettings = { readonly operationsAtOnce: number; readonly operationsWaiting: number }

/** An operation's place among those that run at once. */
export type Turn = {
  /** Resolves when it may run; undefined when the queue is full. Rejects when the client goes away before. */
  begin(): Promise<void> | undefined
  /**
   * Waits for what is no work here, such as a write that is to become visible. Unless that is there in a moment or the operation reads something
   * meanwhile, others run in its place, and it goes on as soon as one of them ends. @throws BUSY when too many wait so
   */
  rest<T>(awaited: Promise<T>): Promise<T>
  /** Reads while the operation has its place. */
  within<T>(read: () => Promise<T>): Promise<T>
  end(): void
}

/** So long a rest may be without anybody taking the place. */
const momentMs = 20

/** Bounds how many operations run at once, wait for their turn, and rest. A turn is for one operation, whose client is there until `signal` aborts. */
export function createTurns({ operationsAtOnce, operationsWaiting }: TurnSettings): (signal?: AbortSignal) => Turn {
  let free = operationsAtOnce
  let resting = 0
  /** Those of the resting that hold what they have read. */
  let laden = 0
  const waiting = new Set<() => void>()
  /** Those who have rested, before all who wait for their first turn. */
  const returning = new Set<() => void>()

  function take(queue: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (free > 0) {
      free--
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const begin = () => {
        queue.delete(begin)
        signal?.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        queue.delete(begin)
        reject(signal?.reason)
      }
      queue.add(begin)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  function giveBack(): void {
    const next = returning.values().next().value ?? waiting.values().next().value
    if (next) next()
    else free++
  }

  return (signal) => {
    let state: 'outside' | 'running' | 'resting' = 'outside'
    let reads = 0
    let rests = 0
    let hasRead = false
    let returned: Promise<void> | undefined
    let timer: NodeJS.Timeout | undefined

    /** Whether others may run meanwhile, or need not, as it works itself. */
    function makeRoom(): boolean {
      if (state !== 'running' || reads > 0 || rests === 0) return true
      // What it holds is memory, so it keeps its place where enough others rest with theirs.
      if (hasRead && laden >= operationsAtOnce) return true
      if (resting >= operationsWaiting) return false
      state = 'resting'
      resting++
      if (hasRead) laden++
      giveBack()
      return true
    }

    /** Between two reads of a field there is some work, and no room for others. */
    function makeRoomSoon(): void {
      clearTimeout(timer)
      if (reads === 0 && rests > 0) timer = setTimeout(makeRoom, momentMs)
    }

    function wake(): void {
      resting--
      if (hasRead) laden--
    }

    async function comeBack(): Promise<void> {
      await take(returning, signal)
      // Ended meanwhile, with fields that nobody waits for.
      if (state !== 'resting') return giveBack()
      state = 'running'
      wake()
    }

    async function running(): Promise<void> {
      while (state === 'resting') {
        returned ??= comeBack().finally(() => {
          returned = undefined
        })
        await returned
      }
    }

    return {
      begin() {
        if (free === 0 && waiting.size >= operationsWaiting) return undefined
        return take(waiting, signal).then(() => {
          state = 'running'
        })
      },
      async rest(awaited) {
        if (await atMost(awaited, momentMs)) return await awaited
        rests++
        try {
          if (!makeRoom()) {
            awaited.catch(() => {})
            throw failure('BUSY', 'too many questions wait for what was written; ask again in a moment')
          }
          return await awaited
        } finally {
          rests--
          await running()
          makeRoomSoon()
        }
      },
      async within(read) {
        if (state === 'resting') await running()
        hasRead = true
        reads++
        try {
          return await read()
        } finally {
          reads--
          makeRoomSoon()
        }
      },
      end() {
        if (state === 'running') giveBack()
        if (state === 'resting') wake()
        state = 'outside'
        clearTimeout(timer)
      },
    }
  }
}
