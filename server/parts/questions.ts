import { fetchHandler } from '../../http/fetch.ts'
import { createQueryServer } from '../../query/server.ts'
import { limits } from '../../schema/limits.ts'
import type { Progress, StoreReader, Watermark } from '../../schema/store.ts'
import type { Base, Step } from './base.ts'
import type { Doors } from './doors.ts'
import { createLiveDoor } from './live.ts'

/** The door for questions and for those who watch. @returns the steps of its end */
export function addQuestionsDoor(
  { settings, metrics, logger }: Base,
  doors: Doors,
  reader: StoreReader,
  watermark: Watermark & Progress,
): Step[] {
  const query = createQueryServer({
    ...{ reader, watermark, progress: watermark, logger, metrics },
    settings: {
      queryTimeoutMs: settings.QUERY_TIMEOUT_MS,
      watermarkTimeoutMs: settings.WATERMARK_TIMEOUT_MS,
      operationsAtOnce: settings.READ_SESSIONS,
      operationsWaiting: 200,
      liveRestMs: 60,
      streamLifetimeMs: settings.CONNECTION_LIFETIME_MINUTES * 60_000,
    },
  })
  doors.guarded({ path: '/graphql', bodyBytes: limits.queryBodyBytes, handle: fetchHandler(query.handle) })
  const live = createLiveDoor({ settings }, doors, query)
  doors.http.socket('/graphql', live)
  return [
    ['viewers on sockets', () => live.closeAll()],
    ['viewers of streams', () => query.endLive()],
  ]
}
