import { Kafka, type KafkaConfig, type LogEntry, logLevel, type RetryOptions, type SASLOptions } from 'kafkajs'
import type { Logger } from '../../../telemetry/logger.ts'
import { calmRequestQueues } from './request-queue.ts'

export type KafkaOptions = {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[]
  readonly topic: string
  /** Consumer group of the sinks. */
  readonly group: string
  /** Partitions of the topic, for ever: a run's partition follows from it. */
  readonly partitions: number
  readonly replication: number
  readonly minimumInsync: number
  /** How long records are kept at least once they are stored; undefined: they go as soon as they are. Those not stored always stay. */
  readonly retentionHours: number | undefined
  /** A sink that is silent this long loses its partitions, ms. */
  readonly sessionTimeoutMs: number
  readonly tls: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string }
  readonly sasl: KafkaSasl | undefined
  /** Shortest time between two deletions of stored records, ms; a minute by default. */
  readonly trimIntervalMs?: number
  readonly logger: Logger
  /** Ends the waiting for a Kafka that is away. */
  readonly signal?: AbortSignal
}

export type KafkaSasl = {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

/** How a client of kafkajs takes trouble. */
export type Temper = { readonly requestTimeoutMs: number; readonly retry: RetryOptions }

/** For what must be done in the end: trouble passes, and giving up would leave an outcome open. */
export const patient: Temper = {
  requestTimeoutMs: 10_000,
  retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: Number.MAX_SAFE_INTEGER },
}
/** For questions whose asker tries again by himself. */
export const impatient: Temper = {
  requestTimeoutMs: 1_500,
  retry: { initialRetryTime: 50, maxRetryTime: 250, retries: 1 },
}

export function createKafkaClient(options: KafkaOptions, { requestTimeoutMs, retry }: Temper): Kafka {
  calmRequestQueues()
  const { tls, sasl, logger } = options
  const config: KafkaConfig = {
    clientId: 'stepstream',
    brokers: [...options.brokers],
    connectionTimeout: Math.min(3_000, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    retry,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => forward(logger, entry),
    ...(tls === false ? {} : { ssl: tls === true ? true : { ...tls } }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl } as SASLOptions }),
  }
  return new Kafka(config)
}

/** kafkajs calls an error what it will try again; only what reaches us as one is ours. */
function forward(logger: Logger, { level, namespace, log }: LogEntry): void {
  const { message, timestamp: _, logger: __, ...details } = log
  const fields = { kafkajs: namespace, details }
  if (level <= logLevel.ERROR) logger.info(fields, message)
  else logger.debug(fields, message)
}
