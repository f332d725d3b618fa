import { drainPending, type Session } from 'chdb'
import { openSession } from './engine.ts'
import { type Killer, killedOnAbort } from './killer.ts'
import { assignments } from './text.ts'

export type { Session } from 'chdb'

/** What one query needs of its session, each value as the engine parses it. */
export type SessionRequest = {
  readonly statement: string
  readonly settings: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
  /** The engine's `readonly = 1`: nothing can be written, and the statement cannot change a setting. */
  readonly readOnly?: boolean
  /** The statement may leave something behind in its session (SET, USE, a temporary table), which is then thrown away. */
  readonly leavesTraces?: boolean
  readonly signal?: AbortSignal | undefined
}

export type Sessions = {
  /**
   * Runs `work` on a session of its own, with the statement and what sets its parameters as one text. A caller whose signal aborts is freed at once: one that waits leaves the queue, a
   * query that runs is killed, and its session serves again when the engine has let go of it.
   * @throws QueueFull when too many wait already.
   */
  run<T>(request: SessionRequest, work: (session: Session, statement: string) => Promise<T>): Promise<T>
  /** Refuses what waits, lets what runs come to its end, and closes. */
  close(): Promise<void>
}

export type SessionLimits = {
  /** Queries that run side by side. */
  readonly sessions: number
  readonly waiting: number
}

export class QueueFull extends Error {}

/** Longest statement, with its parameters. */
const statementBytes = 64 * 1024 * 1024

/** A place for a session. `signature` is undefined until the session has its settings. */
type Slot = { readonly mark: string; session?: Session; signature?: string; readonly parameters: Set<string> }
type Turn = { take(slot: Slot): void; refuse(error: Error): void }

let slotCount = 0

/**
 * Several sessions of the embedded engine: each runs one query at a time, several run side by side, and a query waits for
 * a free one. Settings stay with a session, so one is used again only for the same settings; otherwise a new one takes
 * its place, which costs 0.1 ms. Parameters are set in front of the query and in one text with it: a call for them costs 0.4 ms, and a turn of the
 * event loop, which may be busy. Chdb's own binding keeps them in one place for the whole process and therefore runs all queries with
 * parameters one after the other.
 */
export function openSessions(path: string, killer: Killer, limits: SessionLimits): Sessions {
  const idle: Slot[] = []
  for (let i = 0; i < limits.sessions; i++) {
    // Opened at once, so that a directory that cannot be used is found at the start.
    idle.push({ mark: `stepstream-${++slotCount}`, session: openSession(path), parameters: new Set() })
  }
  const waiting: Turn[] = []
  const running = new Set<Promise<unknown>>()
  let closed = false

  function acquire(signature: string, signal: AbortSignal | undefined): Promise<Slot> {
    if (closed) return Promise.reject(closedError())
    if (idle.length > 0) {
      const same = idle.findIndex((slot) => slot.signature === signature)
      return Promise.resolve(idle.splice(same === -1 ? 0 : same, 1)[0]!)
    }
    if (waiting.length >= limits.waiting) return Promise.reject(new QueueFull('too many queries wait for a session'))
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.splice(waiting.indexOf(turn), 1)
        reject(signal!.reason)
      }
      const turn: Turn = {
        take(slot) {
          signal?.removeEventListener('abort', leave)
          resolve(slot)
        },
        refuse(error) {
          signal?.removeEventListener('abort', leave)
          reject(error)
        },
      }
      waiting.push(turn)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  function release(slot: Slot): void {
    const next = waiting.shift()
    if (next) next.take(slot)
    else idle.push(slot)
  }

  async function runOn<T>(
    slot: Slot,
    signature: string,
    request: SessionRequest,
    work: (session: Session, statement: string) => Promise<T>,
  ) {
    let reusable = false
    try {
      const session = await prepare(path, slot, signature, request)
      const answer = await work(session, withParameters(slot, request))
      reusable = !request.leavesTraces
      return answer
    } finally {
      // The engine keeps a query that failed, with its memory, until its session is used again or closed.
      if (!reusable) discard(slot)
    }
  }

  return {
    async run(request, work) {
      const { signal } = request
      signal?.throwIfAborted()
      const signature = signatureOf(request)
      const slot = await acquire(signature, signal)
      const finished = runOn(slot, signature, request, work)
      const { answer, free } = signal
        ? killedOnAbort(finished, signal, () => killer.kill(slot.mark))
        : { answer: finished, free: finished.then(noop, noop) }
      const released = free.then(() => release(slot))
      running.add(released)
      void released.then(() => running.delete(released))
      return await answer
    },
    async close() {
      closed = true
      for (const turn of waiting.splice(0)) turn.refuse(closedError())
      await Promise.all(running)
      for (const slot of idle) discard(slot)
      await drainPending()
    },
  }
}

const noop = () => {}

function signatureOf({ settings, readOnly }: SessionRequest): string {
  const all = readOnly ? { ...settings, readonly: '1' } : settings
  return assignments(all).join(', ')
}

const closedError = () => new Error('the embedded store is closed')

function discard(slot: Slot): void {
  slot.session?.close()
  delete slot.session
  delete slot.signature
  slot.parameters.clear()
}

/** The request's statement, behind one that sets its parameters. */
function withParameters(slot: Slot, { statement, parameters }: SessionRequest): string {
  const names = Object.keys(parameters)
  if (names.length === 0) return statement
  for (const name of names) slot.parameters.add(name)
  const values = Object.fromEntries(names.map((name) => [`param_${name}`, parameters[name]!]))
  return `SET ${assignments(values).join(', ')};\n${statement}`
}

/** The slot's session with the request's settings, and without parameters that its statement must not have. */
async function prepare(path: string, slot: Slot, signature: string, request: SessionRequest): Promise<Session> {
  const forgotten = [...slot.parameters].filter((name) => request.parameters[name] === undefined)
  const stale = forgotten.some((name) => new RegExp(`\\{\\s*${name}\\s*:`).test(request.statement))
  if (stale || (slot.signature !== undefined && slot.signature !== signature)) discard(slot)
  slot.session ??= openSession(path)
  const { session } = slot
  try {
    if (slot.signature === undefined) {
      // Parameters count as a part of the statement that sets them, so the engine's 256 KiB would be few.
      const own = assignments({ log_comment: slot.mark, max_query_size: String(statementBytes) })
      await session.queryAsync(`SET ${[...own, ...(signature === '' ? [] : [signature])].join(', ')}`)
      slot.signature = signature
    }
  } catch (error) {
    discard(slot)
    throw error
  }
  return session
}
