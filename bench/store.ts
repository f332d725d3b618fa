import { pino } from 'pino'
import { openStore, type Store } from '../ingest/store/store.ts'

export type { Store } from '../ingest/store/store.ts'

/** The store of a server that has stopped, for questions that may take long. */
export function openStoppedStore(dataDirectory: string): Promise<Store> {
  const limits = { readSessions: 1, queryTimeoutMs: 600_000, queryMemoryBytes: 8e9 }
  return openStore({ dataDir: dataDirectory, ...limits, logger: pino({ level: 'silent' }) })
}
