/** What the tests of this folder share: a scratch directory, a logger that remembers, records with known contents. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, type Logger } from '../../telemetry/logger.ts'
import { type EmbeddedLog, type EmbeddedLogOptions, openEmbeddedLog } from './embedded.ts'
import type { Commit, LogPartition, LogRecord } from './log.ts'

/** A log with its one partition at hand. */
export type OpenLog = EmbeddedLog & { readonly reader: LogPartition }

export async function openLog(options: EmbeddedLogOptions): Promise<OpenLog> {
  const log = await openEmbeddedLog(options)
  const assigned: LogPartition[] = []
  await log.subscribe({ assigned: (partition) => void assigned.push(partition), lost() {} })
  return { ...log, reader: assigned[0]! }
}

/** A commit of a reader that has stored everything below its offset, or below its first intent. */
export function commitAt(offset: number, intents: Commit['intents'] = []): Commit {
  return { offset, stored: intents[0]?.[0] ?? offset, intents, newestMs: 0 }
}

export type Scratch = {
  readonly directory: string
  /** Messages logged by logs opened with `open`. */
  readonly messages: string[]
  readonly open: (options?: Partial<EmbeddedLogOptions>) => Promise<OpenLog>
}

/** Runs a test in a directory of its own, removed afterwards. */
export async function withScratch(test: (scratch: Scratch) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'stepstream-log-'))
  const messages: string[] = []
  const logger = rememberingLogger(messages)
  const opened: OpenLog[] = []
  try {
    await test({
      directory,
      messages,
      async open(options) {
        const log = await openLog({ directory, maximumBytes: 1 << 30, logger, ...options })
        opened.push(log)
        return log
      },
    })
  } finally {
    await Promise.all(opened.map((log) => log.close()))
    await rm(directory, { recursive: true })
  }
}

function rememberingLogger(messages: string[]): Logger {
  const remember = (_details: unknown, message: string) => void messages.push(message)
  return Object.assign(createLogger('silent'), { warn: remember, error: remember })
}

/** `count` records of random contents. */
export function randomPayloads(count: number, bytes: number): Buffer[] {
  return Array.from({ length: count }, () => randomBytes(bytes))
}

/** All records from `offset` to the end, copied. */
export async function readAll(log: OpenLog, offset: number, maximumBytes = 100_000): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  const { signal } = new AbortController()
  for (let at = offset; at < log.reader.end(); at = records.at(-1)!.offset + 1)
    for (const { offset, payload } of await log.reader.read(at, maximumBytes, signal))
      records.push({ offset, payload: Buffer.from(payload) })
  return records
}
