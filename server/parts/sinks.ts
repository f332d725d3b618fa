import type { LogReader } from '../../ingest/log/log.ts'
import { createSinkGroup, type SinkGroup } from '../../ingest/sink/group.ts'
import { rowsBehind } from '../../ingest/sink/settings.ts'
import { createTileBuilder, defaultTileSettings } from '../../ingest/sink/tiles/builder.ts'
import type { SinkStore } from '../../ingest/store/lanes.ts'
import type { LateWrites } from '../../schema/late-writes.ts'
import { spoilReader } from '../canary.ts'
import type { Base } from './base.ts'
import type { Readiness } from './readiness.ts'

/** The sinks of this process, which begin to read. `announce`: whether other processes must learn how far they are. */
export async function startSinks(
  base: Base,
  log: LogReader,
  store: SinkStore,
  { announce, lateWrites }: { readonly announce: boolean; readonly lateWrites?: LateWrites | undefined },
): Promise<SinkGroup> {
  const { settings, metrics, logger, readiness, canary } = base
  const tileSettings = { ...defaultTileSettings, points: settings.TILES_FROM_POINTS }
  const tileParts = { store: store.background, metrics, logger, settings: tileSettings }
  const tiles = settings.TILES ? createTileBuilder(tileParts) : undefined
  const sinks = createSinkGroup({
    ...{ log: spoilReader(canary, log), store, metrics, logger, announce, tiles, lateWrites },
    settings: {
      blockRows: settings.BLOCK_ROWS,
      blockRowsBehind: rowsBehind(settings.BLOCK_ROWS),
      insertIntervalMs: settings.INSERT_INTERVAL_MS,
      flushIntervalMs: settings.FLUSH_INTERVAL_MS,
      maximumSeries: settings.MAX_ACTIVE_SERIES,
    },
  })
  requireSinks(readiness, sinks.faults)
  await sinks.start()
  await sinks.settled()
  return {
    ...sinks,
    async stop() {
      await Promise.all([tiles?.stop(), sinks.stop()])
    },
  }
}

/** Who has partitions that cannot be stored is not ready. */
export function requireSinks(readiness: Readiness, faults: SinkGroup['faults']): void {
  readiness.require('sink', () => {
    const lines = [...faults()].map(([partition, { message }]) => `partition ${partition}: ${message}`)
    return lines.length === 0 ? undefined : lines.join('; ')
  })
}
