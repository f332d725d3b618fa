import { createExports } from '../../query/export/exports.ts'
import { limits } from '../../schema/limits.ts'
import type { StoreStreamer, Watermark } from '../../schema/store.ts'
import type { Base } from './base.ts'
import type { Doors } from './doors.ts'

/** The door for files of points. */
export function addExportDoor(
  { settings, logger }: Base,
  doors: Doors,
  streamer: StoreStreamer,
  watermark: Watermark,
): void {
  const exports = createExports({ streamer, watermark, logger, watermarkTimeoutMs: settings.WATERMARK_TIMEOUT_MS })
  doors.guarded({ path: '/v1/export', bodyBytes: limits.queryBodyBytes, handle: exports.handle })
}
