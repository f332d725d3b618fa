import { setTimeout as sleep } from 'node:timers/promises'
import { packageFile } from '../../schema/files.ts'
import { StoreTrouble } from '../../schema/store.ts'
import type { Store } from './contract.ts'
import { migrate, missingMigrations, readMigrations } from './migrate.ts'
import type { RemoteStoreOptions } from './remote.ts'

type ReadyOptions = Pick<RemoteStoreOptions, 'migrate' | 'logger' | 'signal'>

const firstPauseMs = 100
const longestPauseMs = 2_000

/** Tries until the store is there and has our schema. */
export async function untilReady(store: Pick<Store, 'command' | 'reader'>, options: ReadyOptions): Promise<void> {
  const { logger, signal } = options
  const migrations = readMigrations(packageFile('schema/tables'))
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    signal?.throwIfAborted()
    try {
      if (options.migrate) {
        const applied = await migrate(store, migrations)
        if (applied.length > 0) logger.info({ migrations: applied }, 'store schema brought up to date')
        return
      }
      const missing = await missingMigrations(store.reader, migrations)
      if (missing.length === 0) return
      logger.info({ missing: missing.map(({ name }) => name) }, "waiting for the store's schema")
    } catch (error) {
      if (!(error instanceof StoreTrouble)) throw error
      if (error.kind === 'rejected' && (options.migrate || !isUnknownTable(error))) throw error
      logger.warn({ err: error.message }, 'waiting for the store')
    }
    await sleep(pauseMs, undefined, signal ? { signal } : {})
  }
}

/** No table `migrations` yet, or no database: somebody else is about to make it. */
function isUnknownTable(error: StoreTrouble): boolean {
  const code = (error.cause as { code?: unknown } | undefined)?.code
  return code === '60' || code === '81'
}
