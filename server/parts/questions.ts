import { fetchHandler } from '../../http/fetch.ts'
import { createQueryServer } from '../../query/server.ts'
import { limits } from '../../schema/limits.ts'
import type { StoreReader, Watermark } from '../../schema/store.ts'
import type { Base } from './base.ts'
import type { Doors } from './doors.ts'

/** The door for questions. */
export function addQuestionsDoor(
  { settings, metrics, logger }: Base,
  doors: Doors,
  reader: StoreReader,
  watermark: Watermark,
): void {
  const query = createQueryServer({
    ...{ reader, watermark, logger, metrics },
    settings: {
      queryTimeoutMs: settings.QUERY_TIMEOUT_MS,
      watermarkTimeoutMs: settings.WATERMARK_TIMEOUT_MS,
      operationsAtOnce: settings.READ_SESSIONS,
      operationsWaiting: 200,
      leaderboardBytes: settings.LEADERBOARD_MEMORY_BYTES,
    },
  })
  doors.guarded({ path: '/graphql', bodyBytes: limits.queryBodyBytes, handle: fetchHandler(query.handle) })
}
