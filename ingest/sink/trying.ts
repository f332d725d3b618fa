import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../telemetry/logger.ts'
import { type LogPartition, PartitionLost } from '../log/log.ts'
import type { SinkObserver } from './observer.ts'

export type TryingParts = {
  readonly partition: LogPartition
  readonly observe: SinkObserver
  readonly logger: Logger
  /** Aborts when the sink is to end: then it tries a few times more. */
  readonly stopping: AbortController
  /** Aborts when nothing is to be begun any more; the reason is thrown. */
  readonly halted: AbortController
  halt(reason: Error): void
}

/** Does `work`, named for the log, again and again until it succeeds or the sink is halted. */
export type KeepTrying = <T>(what: string, work: () => Promise<T>) => Promise<T>

/** So long a sink that is to end waits for a log that does not say who has the partition. */
const doubtWhenStoppingMs = 5_000
const doubtPauseMs = 10

/** How long to wait after a try that failed, the first being 0, ms. */
export function retryPauseMs(attempt: number): number {
  return Math.min(5_000, 100 * 2 ** attempt)
}

/**
 * How a sink does anything outside of itself. Trouble of the store or the log passes; until then the sink waits, and the log keeps what
 * comes in. Nothing is begun while another reader may have the partition; soon the log says who has it.
 */
export function createTrying(parts: TryingParts): KeepTrying {
  const { partition, observe, logger, halt } = parts
  const stopping = parts.stopping.signal
  const halted = parts.halted.signal

  async function inDoubt(since: number): Promise<void> {
    if (stopping.aborted && performance.now() - since > doubtWhenStoppingMs)
      halt(new PartitionLost(`partition ${partition.partition} may be another reader's now`))
    halted.throwIfAborted()
    await sleep(doubtPauseMs, undefined, { signal: halted }).catch(() => {})
  }

  return async (what, work) => {
    for (let attempt = 0; ; attempt++) {
      const since = performance.now()
      while (!partition.held()) await inDoubt(since)
      halted.throwIfAborted()
      try {
        return await work()
      } catch (error) {
        if (error instanceof PartitionLost) halt(error)
        halted.throwIfAborted()
        if (stopping.aborted && attempt > 2) throw error
        observe.retries.value++
        logger.error({ err: error, attempt }, `${what} failed; trying again`)
        await sleep(retryPauseMs(attempt), undefined, { signal: halted }).catch(() => {})
      }
    }
  }
}
