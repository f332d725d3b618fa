import { flushState } from './flush.ts'
import { createPace } from './pace.ts'
import { flushIntervalMs, flushPeriodMs, isLargeFlush } from './settings.ts'
import type { SinkParts } from './sink.ts'
import type { SinkState } from './state.ts'
import type { KeepTrying } from './trying.ts'
import { startWorkClock } from './work-clock.ts'

/** When summaries are stored. */
export type Flushes = {
  /** From now on, whenever there is something to store and the last time is long enough ago. */
  begin(): void
  /** Begins one if it is due. */
  whenDue(): void
  /**
   * If summaries lag, resolves when the one under way has ended, or a new one, or both, for the one under way may have begun before the last record
   * was applied. They do not rest any more. Where nothing lags there is none: it would commit, and a log may take no commit before a read.
   */
  soon(lag: () => boolean): Promise<void>
  /** None begins by itself any more. */
  end(): void
  underWay(): Promise<void> | undefined
}

export type FlushHost = SinkParts & {
  readonly state: SinkState
  readonly keepTrying: KeepTrying
  /** Whether anything came after what the last one stored. */
  lags(): boolean
  /** Whether tiles may be made: not before what others left is stored, for their late points may not have been written down. */
  hasBegun(): boolean
  /** Resolves when the points of every record up to `offset` are in the store; makes haste if asked. */
  stored(offset: number, haste: boolean): Promise<void>
  /** Writes down that the summaries go up to `offset`. */
  covered(offset: number): Promise<void>
  halt(reason: unknown): void
}

const checkMs = 250

export function createFlushes(host: FlushHost): Flushes {
  const { state, settings, store, observe, keepTrying, flushTurns } = host
  const pace = createPace()
  let lastMs = 0
  let lastTookMs = 0
  let lastSeries = 0
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> | undefined

  async function once(): Promise<void> {
    // What the flush itself costs: a store that was away must not make the next flush come late.
    const clock = startWorkClock()
    lastMs = performance.now()
    lastSeries = [...state.dirty].reduce((sum, run) => sum + run.slots.length, 0)
    const isLarge = isLargeFlush(settings, lastSeries)
    let restMs = 0
    const covered = await flushState(state, {
      tiles: host.hasBegun() ? host.tiles : undefined,
      async piece(work) {
        const turn = await clock.waiting(flushTurns.take(pace, isLarge, restMs))
        const before = clock.workedMs()
        await work(turn.memory).catch((error: unknown) => {
          turn.failed()
          throw error
        })
        const workedMs = clock.workedMs() - before
        turn.done(workedMs)
        restMs = flushPeriodMs(workedMs) - workedMs
      },
      stored: (offset) => clock.waiting(host.stored(offset, pace.hasty())),
      insert: ({ table, rows, columns }) =>
        keepTrying(
          `insert ${table}`,
          clock.lastTry(() => store.insertBlock(table, rows, columns)),
        ),
    })
    await clock.waiting(host.stored(covered, pace.hasty()))
    await clock.waiting(host.covered(covered))
    lastTookMs = clock.workedMs()
    observe.flushed(lastTookMs / 1000)
    host.onProgress?.()
  }

  function flush(): Promise<void> {
    flushing ??= once().finally(() => {
      flushing = undefined
      pace.calm()
    })
    return flushing
  }

  function whenDue(): void {
    if (flushing || !host.lags()) return
    if (performance.now() - lastMs >= flushIntervalMs(settings, lastTookMs, lastSeries)) flush().catch(host.halt)
  }

  return {
    begin() {
      lastMs = performance.now()
      timer = setInterval(whenDue, checkMs)
    },
    whenDue,
    async soon(lag) {
      for (let i = 0; i < 2 && lag(); i++) {
        pace.hurry()
        await flush()
      }
    },
    end() {
      clearInterval(timer)
      pace.hurry()
    },
    underWay: () => flushing,
  }
}
