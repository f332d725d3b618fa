import { atMost } from '../../schema/at-most.ts'
import { sharedNext } from '../../schema/shared-next.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { WriteFailed } from './failed-writes.ts'
import type { SessionRequest, Sessions } from './sessions.ts'

/** What a session is for: users' questions, look-ups on which more depends than an answer, or statements that write. */
export type Purpose = 'question' | 'look-up' | 'write'

/** Stands between the engine and whoever believes it. */
export type Guard = {
  /** The same sessions, whose answers count only if no write had failed when they were there. @throws WriteFailed from `run` */
  guarded(sessions: Sessions, purpose: Purpose): Sessions
  /** Looks a last time. Nothing must be under way any more. Returns how many writes had failed by then. */
  close(): Promise<number>
}

export type GuardedEngine = {
  /** How many writes have failed since the process began. */
  failedWrites(): Promise<number>
  /** Whether the disk is so full that a write may fail at any moment. */
  isScarce(): boolean
  /** Throws before a statement for which there is no room. */
  assertRoomFor(statement: string): void
  /** Resolves when no parts are being merged any more, and none will be. Meanwhile what they were merged from stays, too. */
  stopMerges(): Promise<void>
  startMerges(): Promise<void>
  /** Asks all statements that run to end. */
  endStatements(): Promise<void>
  /**
   * Takes away what failed writes left of parts that were made within the last `seconds`; their sources serve again. No merge and no insert is
   * under way.
   */
  repair(seconds: number): Promise<void>
}

/** By a clock that only goes on but may rest with the machine, and by one that may be set. */
export type Moment = { readonly steadyMs: number; readonly wallMs: number }
export const thisMoment = (): Moment => ({ steadyMs: performance.now(), wallMs: Date.now() })
const secondsSince = ({ steadyMs, wallMs }: Moment): number =>
  Math.max(performance.now() - steadyMs, Date.now() - wallMs) / 1000

/** What was known before: how many writes had failed, and since when none was looked for. */
export type Before = { readonly failed: number; readonly moment: Moment }

/** How often room is looked at, and how many of these looks go by until failed writes are counted where there is enough. */
const lookMs = 250
const looksAtRoom = 4
/** Merges rest so long after a repair, and twice as long each time that one is needed soon after. */
const firstRestMs = 1_000
const longestRestMs = 60_000
/** What writes when a write fails may take so long to end by itself. */
const patienceMs = 1_000
const askAgainMs = 100

export function createGuard(engine: GuardedEngine, logger: Logger, before: Before): Guard {
  let known = before.failed
  let looked = before.moment
  /** How often writes were found to have failed: an answer that was begun under another number does not count. */
  let alarms = 0
  /** Statements that write. */
  let underWay = 0
  let onDrained = () => {}
  const questions = new Set<AbortController>()
  /** Settles when the repair that is under way is over. Until then nothing is begun. */
  let repairing: Promise<void> | undefined
  let restMs = firstRestMs
  let startedAt = Number.NEGATIVE_INFINITY
  let resting: NodeJS.Timeout | undefined
  let starting: Promise<void> = Promise.resolve()

  async function repair(): Promise<void> {
    clearTimeout(resting)
    await starting
    const moment = thisMoment()
    await engine.stopMerges()
    await drain()
    // What fails from here on is seen by the next look.
    const counted = await engine.failedWrites()
    await engine.repair(secondsSince(looked))
    known = counted
    looked = moment
  }

  /** Resolves when nothing writes any more. What takes long, or waits for the merges that were stopped, is asked to end. */
  async function drain(): Promise<void> {
    const drained = new Promise<void>((resolve) => {
      onDrained = resolve
    })
    for (let ms = patienceMs; underWay > 0; ms = askAgainMs) {
      await atMost(drained, ms)
      if (underWay > 0) await engine.endStatements()
    }
  }

  /** Merges start again after a while: where they failed they may fail again. */
  function rest(): void {
    restMs = performance.now() - startedAt < longestRestMs ? Math.min(2 * restMs, longestRestMs) : firstRestMs
    resting = setTimeout(startMerges, restMs)
    resting.unref()
  }

  function startMerges(): void {
    startedAt = performance.now()
    starting = engine.startMerges().catch((error: unknown) => {
      logger.error({ err: error }, 'merges could not be started again; trying again')
      if (!repairing) rest()
    })
  }

  async function lookNow(): Promise<void> {
    const moment = thisMoment()
    const counted = await engine.failedWrites()
    if (counted === known) {
      looked = moment
      return
    }
    alarms++
    for (const question of questions) question.abort(doubtful())
    const failed = counted - known
    logger.error({ failed }, 'writes of the embedded engine to its disk have failed; parts are checked')
    const done = repair()
    repairing = done.catch(() => {})
    try {
      await done
      rest()
    } finally {
      // Where it failed nothing is merged, and so nothing deleted, until it has been tried again.
      repairing = undefined
    }
  }

  /** Counts failed writes after now, and repairs. */
  const looks = sharedNext(lookNow)
  const look = looks.next

  async function write<T>({ statement }: SessionRequest, work: () => Promise<T>): Promise<T> {
    while (repairing) await repairing
    const since = alarms
    engine.assertRoomFor(statement)
    underWay++
    const outcome = await settled(work)
    if (--underWay === 0) onDrained()
    await look()
    if (alarms !== since) throw doubtful()
    return outcome()
  }

  async function ask<T>(
    purpose: Purpose,
    { signal }: SessionRequest,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    while (repairing) await unlessAborted(repairing, signal)
    const since = alarms
    const stop = new AbortController()
    const giveUp = () => stop.abort(signal!.reason)
    signal?.addEventListener('abort', giveUp, { once: true })
    if (signal?.aborted) giveUp()
    questions.add(stop)
    const outcome = await settled(() => work(stop.signal))
    questions.delete(stop)
    signal?.removeEventListener('abort', giveUp)
    signal?.throwIfAborted()
    if (purpose === 'look-up' || engine.isScarce()) await unlessAborted(look(), signal)
    if (alarms !== since) throw doubtful()
    return outcome()
  }

  let ticks = 0
  const timer = setInterval(() => {
    if (looks.isRunning() || (++ticks % looksAtRoom !== 0 && !engine.isScarce())) return
    look().catch((error: unknown) => logger.error({ err: error }, 'the store could not be checked; trying again'))
  }, lookMs)
  timer.unref()

  return {
    guarded: (sessions, purpose) => ({
      run: (request, work) =>
        purpose === 'write'
          ? write(request, () => sessions.run(request, work))
          : ask(purpose, request, (signal) => sessions.run({ ...request, signal }, work)),
      close: () => sessions.close(),
    }),
    async close() {
      clearInterval(timer)
      clearTimeout(resting)
      await starting
      await look().catch((error: unknown) => logger.error({ err: error }, 'the store could not be checked'))
      clearTimeout(resting)
      return known
    },
  }
}

const doubtful = () => new WriteFailed('a write of the engine to its disk failed meanwhile, so this does not count')

/** What `work` came to, to be told later. */
async function settled<T>(work: () => Promise<T>): Promise<() => T> {
  try {
    const value = await work()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}

/** Waits for it, but not for longer than somebody wants to. */
async function unlessAborted(waited: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return await waited
  signal.throwIfAborted()
  let giveUp = () => {}
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
  })
  try {
    await Promise.race([waited, aborted])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
