import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { packageFile } from '../../schema/files.ts'
import type { StoreReader } from '../../schema/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { type BlockInserter, createFileInserter } from './insert.ts'
import { migrate, readMigrations } from './migrate.ts'
import { createSessionPool } from './pool.ts'
import { createReader, type ReaderLimits } from './reader.ts'

export type Store = BlockInserter & {
  readonly reader: StoreReader
  /** For the sink's own look-ups: sessions apart from the questions of users, so that those cannot hold it up. */
  readonly sinkReader: StoreReader
  /** Runs a statement that answers nothing. */
  command(sql: string): Promise<void>
}

export type EmbeddedStoreOptions = ReaderLimits & {
  /** The store lives in `<dataDir>/store`; one process at a time. */
  readonly dataDir: string
  /** Questions of users that run side by side. */
  readonly readSessions: number
  readonly logger: Logger
}

/** Opens the store on the embedded engine (chdb) and brings its schema up to date. */
export async function openStore(options: EmbeddedStoreOptions): Promise<Store> {
  const path = join(options.dataDir, 'store')
  await mkdir(path, { recursive: true })
  const connect = (sessions: number) => createClient({ connection: createSessionPool(path, sessions) })
  const readClient = connect(options.readSessions)
  const insertClient = connect(1)
  const sinkClient = connect(1)
  const applied = await migrate(insertClient, readMigrations(packageFile('schema/tables')))
  if (applied.length > 0) options.logger.info({ migrations: applied }, 'store schema brought up to date')
  const inserter = await createFileInserter(insertClient, options.dataDir)
  return {
    reader: createReader(readClient, options),
    sinkReader: createReader(sinkClient, { ...options, queryTimeoutMs: 60_000 }),
    insertBlock: inserter.insertBlock,
    async command(sql) {
      await insertClient.command({ query: sql })
    },
    async close() {
      await inserter.close()
      await Promise.all([readClient.close(), insertClient.close(), sinkClient.close()])
    },
  }
}
