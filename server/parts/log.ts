import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type EmbeddedLog, openEmbeddedLog } from '../../ingest/log/embedded.ts'
import { installSteadyClock } from '../../ingest/log/kafka/clock.ts'
import type { KafkaOptions } from '../../ingest/log/kafka/options.ts'
import { BadSettings } from '../bad-settings.ts'
import { brokersOf } from '../setting-rules.ts'
import type { Settings } from '../settings.ts'
import type { Base } from './base.ts'

/** The log in this process's own folder. */
export async function openOwnLog({ settings, logger, metrics }: Base): Promise<EmbeddedLog> {
  const log = await openEmbeddedLog({
    directory: join(settings.DATA_DIR, 'log'),
    maximumBytes: settings.LOG_MAX_BYTES,
    logger,
  })
  metrics.gauge('stepstream_log_bytes', 'Bytes of the log on disk.', () => log.stats().bytes)
  metrics.gauge('stepstream_log_limit_bytes', 'Bytes at which the log refuses.', () => log.stats().bytesLimit)
  return log
}

/** How to reach the log in Kafka. @throws BadSettings when a file of TLS cannot be read */
export async function kafkaOptions({ settings, logger, stopping }: Base): Promise<KafkaOptions> {
  installSteadyClock()
  return {
    brokers: brokersOf(settings),
    topic: settings.KAFKA_TOPIC,
    group: settings.KAFKA_GROUP,
    partitions: settings.KAFKA_PARTITIONS,
    replication: settings.KAFKA_REPLICATION,
    minimumInsync: settings.KAFKA_MIN_INSYNC,
    retentionHours: settings.KAFKA_RETENTION_HOURS,
    sessionTimeoutMs: settings.KAFKA_SESSION_TIMEOUT_MS,
    tls: await tlsOf(settings),
    sasl: saslOf(settings),
    logger,
    signal: stopping.signal,
  }
}

async function tlsOf(settings: Settings): Promise<KafkaOptions['tls']> {
  const [ca, cert, key] = await Promise.all(
    (['KAFKA_TLS_CA', 'KAFKA_TLS_CERT', 'KAFKA_TLS_KEY'] as const).map(async (name) => {
      const path = settings[name]
      if (path === undefined) return undefined
      return await readFile(path, 'utf8').catch((error: Error) => {
        throw new BadSettings(`bad settings:\n  ${name}: ${error.message}`)
      })
    }),
  )
  if (!ca && !cert && !key) return settings.KAFKA_TLS
  return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) }
}

function saslOf(settings: Settings): KafkaOptions['sasl'] {
  const mechanism = settings.KAFKA_SASL_MECHANISM
  if (mechanism === undefined) return undefined
  return { mechanism, username: settings.KAFKA_SASL_USERNAME ?? '', password: settings.KAFKA_SASL_PASSWORD ?? '' }
}
