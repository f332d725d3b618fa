import { z } from 'zod'
import { defaultSinkSettings } from '../ingest/sink/settings.ts'
import { defaultTileSettings } from '../ingest/sink/tiles/builder.ts'
import { limits } from '../schema/limits.ts'

/** What a process does: everything, or one stage. */
export const roles = ['all', 'gateway', 'sink', 'query'] as const
export type Role = (typeof roles)[number]

const integer = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum)
const truth = z.enum(['true', 'false']).transform((text) => text === 'true')
const MiB = 1024 * 1024

/** Every setting, by its environment variable. The README's table is checked against this. */
export const settingsSchema = z.object({
  PORT: integer(0, 65_535)
    .default(7410)
    .describe('Port of the process (`query`: 7420, `sink`: 7430 by default). 0 takes a free one'),
  HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on; `0.0.0.0` for every interface (then set API_KEY)'),
  DATA_DIR: z
    .string()
    .min(1)
    .default('./data')
    .describe('Folder for the embedded log and the embedded store; one server at a time'),
  API_KEY: z.string().min(8).optional().describe('When set, requests must carry `Authorization: Bearer <key>`'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged'),
  LOG: z
    .enum(['embedded', 'kafka'])
    .default('embedded')
    .describe('The log: `embedded` in DATA_DIR, or `kafka` (default where only one stage runs)'),
  LOG_MAX_BYTES: integer(16 * MiB, 2 ** 50)
    .default(8 * 1024 * MiB)
    .describe('Disk the embedded log may take before frames are refused with `log_full`'),
  ACK_TIMEOUT_MS: integer(100, 600_000)
    .default(30_000)
    .describe('Longest wait of a frame for the log; then the answer is `outcome_unknown`, ms'),
  KAFKA_BROKERS: z.string().optional().describe('`host:port`, separated by commas'),
  KAFKA_TOPIC: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,200}$/)
    .default('stepstream')
    .describe('Topic of the log; made when it is not there'),
  KAFKA_GROUP: z
    .string()
    .min(1)
    .default('stepstream-sink')
    .describe('Consumer group of the sinks; never change it for a log that is stored'),
  KAFKA_PARTITIONS: integer(1, 1_000)
    .default(4)
    .describe('Partitions of the topic, for ever; as many sinks can work at once'),
  KAFKA_REPLICATION: integer(1, 15).default(1).describe('Copies of the topic, when it is made'),
  KAFKA_MIN_INSYNC: integer(1, 15).default(1).describe('Copies that must have a record before it is acknowledged'),
  KAFKA_RETENTION_HOURS: integer(1, 1_000_000)
    .optional()
    .describe('How long records are kept after they are stored; without it they go as soon as they are'),
  KAFKA_SESSION_TIMEOUT_MS: integer(6_000, 300_000)
    .default(10_000)
    .describe('A sink that is silent so long loses its partitions, ms'),
  KAFKA_TLS: truth.default(false).describe('`true`: connect with TLS'),
  KAFKA_TLS_CA: z.string().optional().describe('File of the certificate authority to trust (PEM)'),
  KAFKA_TLS_CERT: z.string().optional().describe("File of this client's certificate (PEM)"),
  KAFKA_TLS_KEY: z.string().optional().describe("File of this client's key (PEM)"),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('How to log in to Kafka: `plain`, `scram-sha-256`, `scram-sha-512`'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('User at Kafka'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('Password at Kafka'),
  STORE_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("ClickHouse's HTTP interface; without it the store is embedded in DATA_DIR"),
  STORE_USER: z.string().min(1).default('default').describe('User at the store'),
  STORE_PASSWORD: z.string().optional().describe('Password at the store'),
  STORE_DATABASE: z.string().min(1).default('default').describe('Database at the store'),
  QUERY_STORE_USER: z
    .string()
    .min(1)
    .optional()
    .describe('User at the store for questions, who may only read; without it `STORE_USER` asks them'),
  QUERY_STORE_PASSWORD: z.string().optional().describe('Password of `QUERY_STORE_USER`'),
  READ_SESSIONS: integer(1, 64).default(3).describe('Questions that run side by side'),
  QUERY_TIMEOUT_MS: integer(100, 600_000).default(10_000).describe('Longest time of one question to the store, ms'),
  QUERY_MEMORY_BYTES: integer(16 * MiB, 2 ** 44)
    .default(2048 * MiB)
    .describe('Memory one question may take, bytes'),
  LEADERBOARD_MEMORY_BYTES: integer(0, 2 ** 40)
    .default(512 * MiB)
    .describe('Memory for columns of runs, by which large projects are sorted and filtered, bytes; 0: none'),
  QUERY_RESULT_BYTES: integer(MiB, 2 ** 40)
    .default(512 * MiB)
    .describe('Size of what the store may answer to one question, bytes'),
  PERSISTED_OPERATIONS: z
    .string()
    .min(1)
    .optional()
    .describe('File or folder of operations that are known by their SHA-256'),
  PERSISTED_ONLY: truth.default(false).describe('`true`: only those are answered, and there is no GraphiQL'),
  WATERMARK_TIMEOUT_MS: integer(10, 600_000).default(10_000).describe('Longest wait of a question with `at`, ms'),
  BODY_TIMEOUT_MS: integer(100, 600_000)
    .default(8_000)
    .describe('Longest pause (less than 16 KiB) while an HTTP body arrives, ms'),
  MESSAGE_TIMEOUT_MS: integer(100, 3_600_000)
    .default(40_000)
    .describe('A WebSocket that in this time finishes no message and answers no ping is closed, ms'),
  CONNECTION_LIFETIME_MINUTES: integer(1, 239).default(239).describe('Longest life of a WebSocket, minutes'),
  BLOCK_ROWS: integer(1_000, 10_000_000)
    .default(defaultSinkSettings.blockRows)
    .describe('Rows of one insert at most (about); twice as many (4 M at most) while far behind, with one partition'),
  INSERT_INTERVAL_MS: integer(1, 10_000)
    .default(defaultSinkSettings.insertIntervalMs)
    .describe('Shortest time between two inserts when nobody waits, ms'),
  FLUSH_INTERVAL_MS: integer(100, 600_000)
    .default(defaultSinkSettings.flushIntervalMs)
    .describe('Longest pause between two flushes of run and series summaries while they are fast, ms'),
  TILES: truth
    .default(true)
    .describe('`false`: no tiles of long series are made by this process; those that are there stay in use'),
  TILES_FROM_POINTS: integer(limits.tiledSeriesPoints, 1_000_000_000)
    .default(defaultTileSettings.points)
    .describe('Points of a series without tiles from which on it gets some'),
  MAX_ACTIVE_SERIES: integer(10_000, 1_000_000_000)
    .default(defaultSinkSettings.maximumSeries)
    .describe('Series whose summaries are kept in memory (about 200 bytes each), over all partitions of the process'),
})

export type SettingValues = z.infer<typeof settingsSchema>
export type Settings = SettingValues & { readonly role: Role }

/** Name, default and meaning of each setting, in order. */
export function describeSettings(): { name: string; fallback: string; meaning: string }[] {
  return Object.entries(settingsSchema.shape).map(([name, type]) => {
    const parsed = type.safeParse(undefined)
    return { name, fallback: parsed.success ? String(parsed.data ?? '') : '', meaning: type.description ?? '' }
  })
}
