import { createLogger } from '../../telemetry/logger.ts'
import { Metrics } from '../../telemetry/metrics.ts'
import { insertInto, type MemoryStore } from './memory-store.fixture.ts'
import { createSinkObserver } from './observer.ts'
import { createSink } from './pipeline.ts'
import type { SinkSettings } from './settings.ts'
import { createSharedParts } from './shared-parts.ts'
import type { Sink, SinkParts } from './sink.ts'

type MemorySinkParts = Pick<SinkParts, 'partition'> & Partial<Pick<SinkParts, 'announce' | 'lateWrites'>>
type InsertBlock = SinkParts['store']['insertBlock']

/** A sink of the only partition of its log, on a store in memory, that flushes when it is asked to. `insertBlock`: instead of the store's. */
export function createMemorySink(
  store: MemoryStore,
  parts: MemorySinkParts,
  insertBlock: InsertBlock = insertInto(store),
  settings: Partial<SinkSettings> = {},
): Sink {
  return createSink({
    ...{ observe: createSinkObserver(new Metrics()), logger: createLogger('silent'), announce: false },
    ...{ partitions: 1, ...createSharedParts() },
    store: {
      sinkReader: store.reader,
      insertBlock,
    },
    settings: { blockRows: 100_000, insertIntervalMs: 0, flushIntervalMs: 60_000, maximumSeries: 1_000, ...settings },
    ...parts,
  })
}
