import { setTimeout as sleep } from 'node:timers/promises'
import type { LogPositions, Position } from '../ingest/log/log.ts'
import { atMost } from '../schema/at-most.ts'
import { createFollowers } from '../schema/followers.ts'
import { type Progress, StaleToken, type Watermark, WatermarkTimeout } from '../schema/store.ts'
import { formatToken, parseToken } from '../schema/token.ts'

export type PositionsWatermarkOptions = {
  /** The time of day, ms. */
  readonly now?: () => number
  /** Shortest time between two looks while somebody waits. */
  readonly pollMs?: number
  /** Age at which positions are asked for anew when a question comes. */
  readonly freshMs?: number
  /** So long who asks for what is new waits for a look. */
  readonly momentMs?: number
  /** So long a log may be silent before those who wait are told. */
  readonly silentMs?: number
}

export type PositionsWatermark = Watermark &
  Progress & {
    /** What is wrong with the log, if anything. */
    trouble(): Promise<string | undefined>
  }

/** Positions, and when they were asked for: `performance.now`, and the time of day. */
type Look = { readonly positions: readonly Position[]; readonly askedMs: number; readonly wallMs: number }

/**
 * How far the store has come, for a process that does not store anything itself: from what the sinks have committed. It may lag what is
 * true by a moment and never runs ahead of it. While the log is away the last look counts.
 */
export function createPositionsWatermark(
  log: LogPositions,
  options: PositionsWatermarkOptions = {},
): PositionsWatermark {
  const { now = Date.now, pollMs = 40, freshMs = 40, momentMs = 100, silentMs = 1_800 } = options
  let last: Look | undefined
  let asking: Promise<void> | undefined
  let askedMs = Number.NEGATIVE_INFINITY
  /** When what is known was asked for. */
  const knownMs = () => last?.askedMs ?? Number.NEGATIVE_INFINITY

  /** Asks the log; those who come meanwhile share the answer. Never rejects: `last` tells. */
  function look(): Promise<void> {
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }

  async function ask(): Promise<void> {
    askedMs = performance.now()
    const asked = { askedMs, wallMs: now() }
    try {
      last = { ...asked, positions: await log.positions() }
    } catch {
      // Who waits for it finds that there is no new look.
    }
  }

  function lookWhenOld(): void {
    if (performance.now() - askedMs > freshMs) void look()
  }

  async function reached(offsets: ReadonlyMap<number, number>, summaries: boolean, timeoutMs: number): Promise<void> {
    const started = performance.now()
    for (;;) {
      if (last && [...offsets].every(([partition, offset]) => passed(last!.positions[partition]!, offset, summaries)))
        return
      // Where the log ends now: what was acknowledged before the question came is below.
      if (
        last &&
        last.askedMs >= started &&
        [...offsets].some(([partition, offset]) => offset >= last!.positions[partition]!.end)
      )
        throw new StaleToken('the token is of a position that this log never had')
      const silentSince = Math.max(started, knownMs())
      const untilSilent = silentSince + silentMs - performance.now()
      const untilLate = started + timeoutMs - performance.now()
      if (untilLate <= 0) throw new WatermarkTimeout(`the store has not come so far in ${timeoutMs} ms`)
      if (untilSilent <= 0)
        throw new WatermarkTimeout('the log does not answer, so nobody knows whether the store has come so far')
      const pause = Math.max(0, Math.min(askedMs + pollMs - performance.now(), untilLate))
      if (pause > 0) await sleep(pause)
      else await atMost(look(), Math.min(untilSilent, untilLate))
    }
  }

  const followers = createFollowers()
  let isFollowing = false

  /** Looks again and again while anybody follows. What others found meanwhile with looks of their own is told as well. */
  async function followOn(): Promise<void> {
    if (isFollowing) return
    isFollowing = true
    let told = last?.positions
    while (followers.count() > 0) {
      await look()
      if (moved(told, last?.positions)) followers.tell()
      told = last?.positions
      await sleep(pollMs)
    }
    isFollowing = false
  }

  const byPartition = (offset: (position: Position) => number) =>
    Array.from({ length: log.partitions }, (_, partition) => {
      const position = last?.positions[partition]
      return position ? offset(position) - 1 : -1
    })

  lookWhenOld()
  return {
    progress: () => ({
      log: log.id,
      stored: byPartition(({ stored }) => stored),
      flushed: byPartition(({ flushed }) => flushed),
    }),
    follow(listener) {
      const unfollow = followers.follow(listener)
      void followOn()
      return unfollow
    },
    async refresh(ageMs) {
      const since = performance.now() - ageMs
      // Once more where the first look was another's and had begun before.
      for (let looks = 0; looks < 2 && knownMs() < since; looks++) {
        const hasFailed = !asking && knownMs() !== askedMs
        if (hasFailed && performance.now() - askedMs <= freshMs) return
        const looking = look()
        // Of a look that is late already nobody waits a moment of his own.
        await atMost(looking, Math.max(0, askedMs + momentMs - performance.now()))
      }
    },
    current() {
      lookWhenOld()
      const offsets = new Map<number, number>()
      last?.positions.forEach(({ stored }, partition) => {
        if (stored > 0) offsets.set(partition, stored - 1)
      })
      return formatToken({ log: log.id, offsets })
    },
    currentTimeMs() {
      lookWhenOld()
      if (!last) return 0
      const behind = last.positions.filter(({ stored, end }) => stored < end)
      return behind.length === 0 ? last.wallMs : Math.min(...behind.map(({ newestMs }) => newestMs))
    },
    async reached(at, { summaries, timeoutMs }) {
      const token = parseToken(at)
      if (!token) throw new StaleToken('this is not a token that the server gave')
      if (token.log !== log.id) throw new StaleToken('the token is of another log')
      if ([...token.offsets.keys()].some((partition) => partition >= log.partitions))
        throw new StaleToken('the token is of a position that this log never had')
      await reached(token.offsets, summaries, timeoutMs)
    },
    async trouble() {
      if (performance.now() - askedMs > freshMs) await atMost(look(), silentMs)
      const silent = performance.now() - knownMs()
      return silent > 2 * silentMs ? 'it does not say how far the sinks are' : undefined
    },
  }
}

function passed({ stored, flushed }: Position, offset: number, summaries: boolean): boolean {
  return offset < (summaries ? flushed : stored)
}

function moved(before: readonly Position[] | undefined, after: readonly Position[] | undefined): boolean {
  if (!before || !after) return before !== after
  return after.some(
    ({ stored, flushed }, partition) => stored !== before[partition]?.stored || flushed !== before[partition]?.flushed,
  )
}
