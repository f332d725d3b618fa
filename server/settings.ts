import { resolve } from 'node:path'
import { z } from 'zod'
import { defaultSinkSettings } from '../ingest/sink/settings.ts'

const integer = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum)
const MiB = 1024 * 1024

/** Every setting, by its environment variable. The README's table is checked against this. */
const schema = z.object({
  PORT: integer(0, 65_535).default(7410).describe('Port of everything: frames, GraphQL, health. 0 takes a free one'),
  HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on; `0.0.0.0` for every interface (then set API_KEY)'),
  DATA_DIR: z.string().min(1).default('./data').describe('Folder for the log and the store; one server at a time'),
  API_KEY: z.string().min(8).optional().describe('When set, requests must carry `Authorization: Bearer <key>`'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged'),
  LOG_MAX_BYTES: integer(16 * MiB, 2 ** 50)
    .default(8 * 1024 * MiB)
    .describe('Disk the log may take before frames are refused with `log_full`'),
  READ_SESSIONS: integer(1, 64).default(3).describe('Questions that run side by side in the embedded store'),
  QUERY_TIMEOUT_MS: integer(100, 600_000).default(10_000).describe('Longest time of one question to the store, ms'),
  QUERY_MEMORY_BYTES: integer(16 * MiB, 2 ** 44)
    .default(2048 * MiB)
    .describe('Memory one question may take, bytes'),
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
    .describe('Rows of one insert at most (about)'),
  INSERT_INTERVAL_MS: integer(1, 10_000)
    .default(defaultSinkSettings.insertIntervalMs)
    .describe('Shortest time between two inserts when nobody waits, ms'),
  FLUSH_INTERVAL_MS: integer(100, 600_000)
    .default(defaultSinkSettings.flushIntervalMs)
    .describe('Longest pause between two flushes of run and series summaries while they are fast, ms'),
  MAX_ACTIVE_SERIES: integer(10_000, 1_000_000_000)
    .default(defaultSinkSettings.maximumSeries)
    .describe('Series whose summaries are kept in memory (about 200 bytes each)'),
})

export type Settings = z.infer<typeof schema>

export class BadSettings extends Error {}

/** @throws BadSettings naming every variable that is wrong */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const known = Object.keys(schema.shape) as (keyof Settings)[]
  // An empty variable is one that is not set, as in shell scripts.
  const given = Object.fromEntries(known.map((name) => [name, environment[name] || undefined]))
  const result = schema.safeParse(given)
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new BadSettings(`bad settings:\n  ${faults.join('\n  ')}`)
  }
  return { ...result.data, DATA_DIR: resolve(result.data.DATA_DIR) }
}

/** Name, default and meaning of each setting, in order. */
export function describeSettings(): { name: string; fallback: string; meaning: string }[] {
  return Object.entries(schema.shape).map(([name, type]) => {
    const parsed = type.safeParse(undefined)
    return { name, fallback: parsed.success ? String(parsed.data ?? '') : '', meaning: type.description ?? '' }
  })
}
