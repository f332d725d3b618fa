import { setTimeout as sleep } from 'node:timers/promises'
import { packageFile } from '../../schema/files.ts'
import { type StoreReader, StoreTrouble } from '../../schema/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Store } from './contract.ts'
import { type Migration, migrate, missingMigrations, readMigrations } from './migrate.ts'

export type Trying = {
  readonly logger: Logger
  /** Ends the wait for a store that is away at the start. */
  readonly signal?: AbortSignal
}
export type ReadyOptions = Trying & {
  /** True: bring the schema up to date. False: wait until somebody has. */
  readonly migrate: boolean
}

const firstPauseMs = 100
const longestPauseMs = 2_000

/** What it answers whose time has not come. */
const later = Symbol('later')

/** Does it again while the store cannot be reached, or `later` is the answer. @throws StoreTrouble `rejected` */
export async function untilReached<T>(work: () => Promise<T | typeof later>, { logger, signal }: Trying): Promise<T> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    signal?.throwIfAborted()
    try {
      const answer = await work()
      if (answer !== later) return answer
    } catch (error) {
      if (!(error instanceof StoreTrouble) || error.kind === 'rejected') throw error
      logger.warn({ err: error.message }, 'waiting for the store')
    }
    await sleep(pauseMs, undefined, signal ? { signal } : {})
  }
}

/** Tries until the store is there and has our schema. */
export async function untilReady(store: Pick<Store, 'command' | 'reader'>, options: ReadyOptions): Promise<void> {
  const { logger } = options
  const migrations = readMigrations(packageFile('schema/tables'))
  await untilReached(async () => {
    if (!options.migrate) return (await hasSchema(store.reader, migrations, logger)) ? undefined : later
    const applied = await migrate(store, migrations)
    if (applied.length > 0) logger.info({ migrations: applied }, 'store schema brought up to date')
    return undefined
  }, options)
}

async function hasSchema(reader: StoreReader, migrations: readonly Migration[], logger: Logger): Promise<boolean> {
  try {
    const missing = await missingMigrations(reader, migrations)
    if (missing.length === 0) return true
    logger.info({ missing: missing.map(({ name }) => name) }, "waiting for the store's schema")
  } catch (error) {
    if (!(error instanceof StoreTrouble && isUnknownTable(error))) throw error
    logger.warn({ err: error.message }, 'waiting for the store')
  }
  return false
}

/** No table `migrations` yet, or no database: somebody else is about to make it. */
function isUnknownTable(error: StoreTrouble): boolean {
  const code = (error.cause as { code?: unknown } | undefined)?.code
  return code === '60' || code === '81'
}
