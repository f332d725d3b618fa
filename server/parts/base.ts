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
