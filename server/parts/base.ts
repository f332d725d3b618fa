import { assertLimits } from '../../schema/limits.ts'
import { createLogger, type Logger } from '../../telemetry/logger.ts'
import { Metrics } from '../../telemetry/metrics.ts'
import { type Canary, readCanary } from '../canary.ts'
import type { Settings } from '../settings.ts'
import { createReadiness, type Readiness } from './readiness.ts'

/** What every process of ours has. */
export type Base = {
  readonly settings: Settings
  readonly logger: Logger
  readonly metrics: Metrics
  readonly readiness: Readiness
  readonly canary: Canary | undefined
  /** Aborts when the process is to stop: ends the waiting of parts that are still coming up. */
  readonly stopping: AbortController
}

/** A process of ours, from the moment on that its port answers. */
export type RunningServer = {
  readonly port: number
  /** Resolves when every part is up. @throws when one cannot be, or the process is stopped first */
  readonly ready: Promise<void>
  /** Shuts down in order. */
  stop(reason: string): Promise<void>
}

export function createBase(settings: Settings): Base {
  assertLimits()
  const base = baseOf(settings, new Metrics())
  const { canary, logger } = base
  if (canary) logger.fatal({ canary }, 'THIS SERVER IS BROKEN ON PURPOSE: STEPSTREAM_CANARY is set')
  return base
}

/** The same in a thread beside the main one. */
export function createThreadBase(settings: Settings): Base {
  return baseOf(settings, new Metrics({ ofThread: true }))
}

function baseOf(settings: Settings, metrics: Metrics): Base {
  const canary = readCanary(process.env)
  const logger = createLogger(settings.LOG_LEVEL)
  return { settings, logger, canary, metrics, readiness: createReadiness(), stopping: new AbortController() }
}

export type Step = readonly [name: string, work: () => unknown]

/** A part that hangs must not keep the others from their end: what is acknowledged is in the log. */
const stepDeadlineMs = 8_000

/** Runs the steps of a shutdown one after the other, whatever becomes of each. */
export async function shutDown({ logger, readiness, stopping }: Base, reason: string, steps: readonly Step[]) {
  logger.info({ reason }, 'stopping')
  readiness.require('running', () => 'it is stopping')
  stopping.abort()
  for (const [name, work] of steps) {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        logger.warn({ step: name }, 'a step of the shutdown takes too long; going on')
        resolve()
      }, stepDeadlineMs)
    })
    const done = Promise.resolve()
      .then(work)
      .catch((error: unknown) => logger.error({ err: error, step: name }, 'a step of the shutdown failed; going on'))
    await Promise.race([done, late])
    clearTimeout(timer)
  }
  logger.info('stopped')
  logger.flush()
}
