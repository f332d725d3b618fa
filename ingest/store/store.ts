import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { packageFile } from '../../schema/files.ts'
import { limits as schemaLimits } from '../../schema/limits.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Store, StoreLanes } from './contract.ts'
import { openEngine } from './embedded.ts'
import type { Purpose } from './guard.ts'
import { insertsSideBySide } from './insert.ts'
import { createSinkStore } from './lanes.ts'
import { migrate, readMigrations } from './migrate.ts'
import { connectionTo } from './pool.ts'
import { type Ask, createReader, type ReaderLimits, wholeStream } from './reader.ts'
import { createStreamer } from './streamer.ts'

export type { Store } from './contract.ts'

export type EmbeddedStoreOptions = ReaderLimits & {
  /** The store lives in `<dataDir>/store`; one process at a time. */
  readonly dataDir: string
  /** Questions of users that run side by side. */
  readonly readSessions: number
  readonly logger: Logger
}

/** Opens the store on the embedded engine (chdb) and brings its schema up to date. */
export async function openStore(options: EmbeddedStoreOptions): Promise<Store> {
  const engine = await openEngine(options.dataDir, options.logger)
  // Nothing is refused here for waiting: who asks is bounded before, by the gateway of questions and by the sink's own loop.
  const sessionsFor = (purpose: Purpose, sessions: number) =>
    engine.sessions(purpose, { sessions, waiting: Number.POSITIVE_INFINITY })
  const connect = (purpose: Purpose, sessions: number) =>
    createClient({ connection: connectionTo(sessionsFor(purpose, sessions), { readOnly: purpose === 'question' }) })
  const readClient = connect('question', options.readSessions)
  const insertClient = connect('write', insertsSideBySide)
  const sinkClient = connect('look-up', 1)
  const backgroundClient = connect('write', 1)
  const streamSessions = sessionsFor('question', schemaLimits.exportsAtOnce)
  const lanes: StoreLanes = {
    insert: commandThrough(insertClient),
    lookUp: askThrough(sinkClient),
    background: { ask: askThrough(backgroundClient), command: commandThrough(backgroundClient) },
  }
  const sinkStore = createSinkStore(lanes, options)
  const store: Store = {
    ...sinkStore,
    reader: createReader(askThrough(readClient), options),
    streamer: createStreamer(streamSessions),
    command: commandThrough(insertClient),
    lanes,
    async close() {
      await sinkStore.close()
      await Promise.all([readClient, insertClient, sinkClient, backgroundClient].map((client) => client.close()))
      await streamSessions.close()
      await engine.close()
    },
  }
  try {
    const applied = await migrate(store, readMigrations(packageFile('schema/tables')))
    if (applied.length > 0) options.logger.info({ migrations: applied }, 'store schema brought up to date')
    return store
  } catch (error) {
    await store.close().catch(() => {})
    throw error
  }
}

function commandThrough(client: ClickHouseClient): Store['command'] {
  return async (sql, parameters = {}) => {
    await client.command({ query: sql, query_params: parameters })
  }
}

function askThrough(client: ClickHouseClient): Ask {
  return async ({ sql, parameters, settings, signal }) => {
    const result = await client.exec({
      query: sql,
      query_params: parameters,
      clickhouse_settings: settings,
      ...(signal ? { abort_signal: signal } : {}),
    })
    return await wholeStream(result.stream)
  }
}
