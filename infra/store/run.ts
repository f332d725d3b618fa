import { resolve } from 'node:path'
import { insertsSideBySide } from '../../ingest/store/insert.ts'
import { createLogger } from '../../telemetry/logger.ts'
import type { User } from './request.ts'
import { startStoreServer } from './server.ts'

/** Longest time a stop may take; a process manager's own patience is usually 10 to 30 s. */
const stopDeadlineMs = 25_000
const MiB = 1024 * 1024

const environment = process.env

/** @throws Error naming the variable that is wrong */
function integer(name: string, fallback: number, minimum: number, maximum: number): number {
  const text = environment[name] || String(fallback)
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < minimum || value > maximum)
    throw new Error(`bad settings: ${name} must be an integer from ${minimum} to ${maximum}`)
  return value
}

function users(): User[] {
  const { STORE_USER, STORE_PASSWORD, STORE_READER_USER, STORE_READER_PASSWORD } = environment
  const name = STORE_USER || 'default'
  const list = [{ name, password: STORE_PASSWORD ?? '', readOnly: false }]
  if (!STORE_READER_USER) return list
  if (STORE_READER_USER === name) throw new Error('bad settings: STORE_READER_USER must differ from STORE_USER')
  return [...list, { name: STORE_READER_USER, password: STORE_READER_PASSWORD ?? '', readOnly: true }]
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent']

function level(): string {
  const name = environment.LOG_LEVEL || 'info'
  if (!levels.includes(name)) throw new Error(`bad settings: LOG_LEVEL must be one of ${levels.join(', ')}`)
  return name
}

try {
  const logger = createLogger(level())
  const server = await startStoreServer({
    port: integer('PORT', 8123, 0, 65_535),
    host: environment.HOST || '127.0.0.1',
    dataDirectory: resolve(environment.DATA_DIR || './data/store-server'),
    users: users(),
    readSessions: integer('READ_SESSIONS', 3, 1, 64),
    waiting: integer('MAX_WAITING', 256, 1, 100_000),
    bodyBytes: integer('BODY_MAX_BYTES', 512 * MiB, MiB, 2 ** 40),
    bodyTimeoutMs: integer('BODY_TIMEOUT_MS', 120_000, 100, 3_600_000),
    uploads: insertsSideBySide + 1,
    streams: integer('STREAM_SESSIONS', 4, 1, 64),
    statementBytes: 64 * MiB,
    resultBytes: integer('RESULT_MAX_BYTES', 1024 * MiB, MiB, 2 ** 40),
    sendTimeoutMs: 60_000,
    logger,
  })
  logger.info({ port: server.port }, 'ready')
  let stopping = false
  const onSignal = (signal: NodeJS.Signals) => {
    // A second signal means now: what was answered is on disk.
    if (stopping) process.exit(1)
    stopping = true
    logger.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), stopDeadlineMs).unref()
    void server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'stop failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
} catch (error) {
  console.error(error instanceof Error && error.message.startsWith('bad settings') ? error.message : error)
  process.exit(1)
}
