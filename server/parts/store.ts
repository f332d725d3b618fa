import type { Store } from '../../ingest/store/contract.ts'
import { spoilStore } from '../canary.ts'
import type { Base } from './base.ts'

/**
 * The store that the settings name: on a server, or embedded in this process. `migrate`: whether this process brings its tables up to date.
 * Loaded only now: the engine's library takes a hundred megabytes of memory in a process that only looks at it.
 */
export async function openStoreOf(base: Base, migrate: boolean): Promise<Store> {
  const { settings, logger, stopping } = base
  const limits = { ...storeLimits(base), logger }
  const writer = { user: settings.STORE_USER, password: settings.STORE_PASSWORD ?? '' }
  const asker =
    settings.QUERY_STORE_USER === undefined
      ? undefined
      : { user: settings.QUERY_STORE_USER, password: settings.QUERY_STORE_PASSWORD ?? '' }
  const store =
    settings.STORE_URL === undefined
      ? await (await import('../../ingest/store/store.ts')).openStore({
          ...limits,
          readSessions: settings.READ_SESSIONS,
        })
      : await (await import('../../ingest/store/remote.ts')).openRemoteStore({
          ...{ ...limits, migrate, url: settings.STORE_URL, signal: stopping.signal },
          // Who only asks needs nobody who may write.
          ...(settings.role === 'query' ? (asker ?? writer) : writer),
          asker,
          database: settings.STORE_DATABASE,
        })
  if (settings.STORE_URL !== undefined) requireStore(base, store)
  return spoilStore(base.canary, store)
}

/** What questions to the store may take, and where the embedded one lies. */
export function storeLimits({ settings }: Pick<Base, 'settings'>) {
  return {
    queryTimeoutMs: settings.QUERY_TIMEOUT_MS,
    queryMemoryBytes: settings.QUERY_MEMORY_BYTES,
    queryResultBytes: settings.QUERY_RESULT_BYTES,
    dataDir: settings.DATA_DIR,
  }
}

const checkTimeoutMs = 1_000
/** So long an answer of the store counts, so that asking for readiness is no way to keep it busy. */
const checkAgainMs = 1_000

function requireStore({ readiness }: Base, { sinkReader }: Store): void {
  let checked: Promise<string | undefined> = Promise.resolve(undefined)
  let checkedMs = Number.NEGATIVE_INFINITY
  readiness.require('store', () => {
    if (performance.now() - checkedMs > checkAgainMs) {
      checkedMs = performance.now()
      checked = sinkReader.rows('SELECT 1', {}, { timeoutMs: checkTimeoutMs }).then(
        () => undefined,
        (error: Error) => error.message,
      )
    }
    return checked
  })
}
