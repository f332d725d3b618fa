import { setTimeout as sleep } from 'node:timers/promises'
import { packageFile } from '../../schema/files.ts'
import { StoreTrouble } from '../../schema/store.ts'
import type { Store } from './contract.ts'
import { type Migration, migrate, missingMigrations, readMigrations } from './migrate.ts'
import type { RemoteStoreOptions } from './remote.ts'

export type Trying = Pick<RemoteStoreOptions, 'logger' | 'signal'>
type ReadyOptions = Trying & Pick<RemoteStoreOptions, 'migrate'>

const firstPauseMs = 100
const longestPauseMs = 2_000

/** Does it again while the store cannot be reached. @throws StoreTrouble `rejected` */
export async function untilReached<T>(work: () => Promise<T>, { logger, signal }: Trying): Promise<T> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    signal?.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreTrouble) || error.kind === 'rejected') throw error
      logger.warn({ err: error.message }, 'waiting for the store')
    }
    await sleep(pauseMs, undefined, signal ? { signal } : {})
  }
}

/** Tries until the store is there and has our schema. */
export async function untilReady(store: Pick<Store, 'command' | 'reader'>, options: ReadyOptions): Promise<void> {
  const { signal } = options
  const migrations = readMigrations(packageFile('schema/tables'))
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    if (await untilReached(() => isReady(store, migrations, options), options)) return
    await sleep(pauseMs, undefined, signal ? { signal } : {})
  }
}

async function isReady(
  store: Pick<Store, 'command' | 'reader'>,
  migrations: readonly Migration[],
  options: ReadyOptions,
): Promise<boolean> {
  const { logger } = options
  if (options.migrate) {
    const applied = await migrate(store, migrations)
    if (applied.length > 0) logger.info({ migrations: applied }, 'store schema brought up to date')
    return true
  }
  try {
    const missing = await missingMigrations(store.reader, migrations)
    if (missing.length > 0) logger.info({ missing: missing.map(({ name }) => name) }, "waiting for the store's schema")
    return missing.length === 0
  } catch (error) {
    if (!(error instanceof StoreTrouble && isUnknownTable(error))) throw error
    logger.warn({ err: error.message }, 'waiting for the store')
    return false
  }
}

/** No table `migrations` yet, or no database: somebody else is about to make it. */
function isUnknownTable(error: StoreTrouble): boolean {
  const code = (error.cause as { code?: unknown } | undefined)?.code
  return code === '60' || code === '81'
}
