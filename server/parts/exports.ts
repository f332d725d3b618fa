import { createExports } from '../../query/export/exports.ts'
import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import type { StoreReader, StoreStreamer, Watermark } from '../../schema/store.ts'
import type { Base } from './base.ts'
import type { Doors } from './doors.ts'

/** The door for files of points. */
export function addExportDoor(
  { settings, logger, metrics }: Base,
  doors: Doors,
  reader: StoreReader,
  streamer: StoreStreamer,
  watermark: Watermark,
): void {
  const exports = createExports({
    ...{ reader, streamer, watermark, logger, metrics },
    watermarkTimeoutMs: settings.WATERMARK_TIMEOUT_MS,
    lifetimeMs: settings.CONNECTION_LIFETIME_MINUTES * 60_000,
  })
  doors.guarded({
    path: '/v1/export',
    bodyBytes: limits.queryBodyBytes,
    handle(request) {
      if (request.method !== 'GET' && request.method !== 'POST')
        throw new Refusal('method_not_allowed', 'exports are asked for with GET or POST')
      return exports.handle(request)
    },
  })
}
