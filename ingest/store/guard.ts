import type { Logger } from '../../telemetry/logger.ts'
import { WriteFailed } from './failed-writes.ts'
import type { SessionRequest, Sessions } from './sessions.ts'

/** What a session is for: users' questions, look-ups on which more depends than an answer, or statements that write. */
export type Purpose = 'question' | 'look-up' | 'write'

/** Stands between the engine and whoever believes it. */
export type Guard = {
  /** The same sessions, whose answers count only if no write had failed when they were there. @throws WriteFailed from `run` */
  guarded(sessions: Sessions, purpose: Purpose): Sessions
  /** Looks a last time. Nothing must be under way any more. */
  close(): Promise<void>
}

export type GuardedEngine = {
  /** How many writes have failed since the process began. */
  failedWrites(): Promise<number>
  /** Whether the disk is so full that a write may fail at any moment. */
  isScarce(): boolean
  /** Throws before a statement for which there is no room. */
  assertRoomFor(statement: string): void
  /** Resolves when no parts are being merged any more, and none will be. */
  stopMerges(): Promise<void>
  startMerges(): Promise<void>
  /**
   * Removes what failed writes left of parts that were made within the last `seconds`; their sources serve again. No merge and no insert is
   * under way.
   */
  repair(seconds: number): Promise<void>
}

/** How often room is looked at, and how many of these looks go by until failed writes are counted where there is enough. */
const lookMs = 250
const looksAtRoom = 4
/** Merges rest so long after a repair, and twice as long each time that one is needed soon after. */
const firstRestMs = 1_000
const longestRestMs = 60_000

export async function createGuard(engine: GuardedEngine, logger: Logger): Promise<Guard> {
  let known = await engine.failedWrites()
  let lookedAt = performance.now()
  let alarms = 0
  /** Statements that write. */
  let underWay = 0
  let drained = () => {}
  /** Settles when the repair that is under way is over. Until then nothing is begun. */
  let repairing: Promise<void> | undefined
  let restMs = firstRestMs
  let startedAt = Number.NEGATIVE_INFINITY
  let resting: NodeJS.Timeout | undefined

  async function repair(): Promise<void> {
    clearTimeout(resting)
    const begun = performance.now()
    await engine.stopMerges()
    if (underWay > 0) await new Promise<void>((resolve) => (drained = resolve))
    // What fails from here on is seen by the next look.
    const counted = await engine.failedWrites()
    await engine.repair((performance.now() - lookedAt) / 1000)
    known = counted
    lookedAt = begun
  }

  /** Merges start again after a while: where they failed they may fail again. */
  function rest(): void {
    restMs = performance.now() - startedAt < longestRestMs ? Math.min(2 * restMs, longestRestMs) : firstRestMs
    resting = setTimeout(() => {
      startedAt = performance.now()
      engine.startMerges().catch((error: unknown) => {
        logger.error({ err: error }, 'merges could not be started again; trying again')
        rest()
      })
    }, restMs)
    resting.unref()
  }

  async function lookNow(): Promise<void> {
    const begun = performance.now()
    const counted = await engine.failedWrites()
    if (counted === known) {
      lookedAt = begun
      return
    }
    alarms++
    logger.error(
      { failed: counted - known },
      'writes of the embedded engine to its disk have failed; parts are checked',
    )
    const done = repair()
    const over = done.catch(() => {})
    repairing = over
    try {
      await done
    } finally {
      repairing = undefined
      rest()
    }
  }

  let looking: Promise<void> | undefined
  let next: Promise<void> | undefined
  /** Counts failed writes after now, and repairs. One look serves all who came before it began. */
  function look(): Promise<void> {
    if (!looking) {
      looking = lookNow().finally(() => {
        looking = undefined
      })
      return looking
    }
    next ??= looking
      .catch(() => {})
      .then(() => {
        next = undefined
        return look()
      })
    return next
  }

  async function run<T>(purpose: Purpose, request: SessionRequest, work: () => Promise<T>): Promise<T> {
    while (repairing) await repairing
    const before = alarms
    const writes = purpose === 'write'
    if (writes) engine.assertRoomFor(request.statement)
    if (writes) underWay++
    const outcome = await settled(work)
    if (writes && --underWay === 0) drained()
    if (request.signal?.aborted) throw request.signal.reason
    if (purpose !== 'question' || engine.isScarce()) await look()
    if (alarms !== before)
      throw new WriteFailed('a write of the engine to its disk failed meanwhile, so this does not count')
    return outcome()
  }

  let looks = 0
  const timer = setInterval(() => {
    if (looking || (++looks % looksAtRoom !== 0 && !engine.isScarce())) return
    look().catch((error: unknown) => logger.error({ err: error }, 'the store could not be checked; trying again'))
  }, lookMs)
  timer.unref()

  return {
    guarded: (sessions, purpose) => ({
      run: (request, work) => run(purpose, request, () => sessions.run(request, work)),
      close: () => sessions.close(),
    }),
    async close() {
      clearInterval(timer)
      clearTimeout(resting)
      await look().catch((error: unknown) => logger.error({ err: error }, 'the store could not be checked'))
      clearTimeout(resting)
    },
  }
}

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
