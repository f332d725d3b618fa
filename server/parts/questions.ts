import { fetchHandler } from '../../http/fetch.ts'
import { querySchema } from '../../query/schema.ts'
import { createQueryServer } from '../../query/server.ts'
import { readStoredOperations } from '../../query/stored-operations.ts'
import type { LateWrites } from '../../schema/late-writes.ts'
import { limits } from '../../schema/limits.ts'
import type { Progress, StoreReader, Watermark } from '../../schema/store.ts'
import { BadSettings } from '../bad-settings.ts'
import type { Settings } from '../settings.ts'
import type { Base } from './base.ts'
import type { Doors } from './doors.ts'
import { createLiveDoor } from './live.ts'
import type { Step } from './running.ts'

/** The door for questions and for those who watch. @returns the steps of its end */
export function addQuestionsDoor(
  { settings, metrics, logger }: Base,
  doors: Doors,
  reader: StoreReader,
  watermark: Watermark & Progress,
  lateWrites?: LateWrites,
): Step[] {
  const query = createQueryServer({
    ...{ reader, watermark, progress: watermark, logger, metrics, persisted: persistedOf(settings), lateWrites },
    settings: {
      queryTimeoutMs: settings.QUERY_TIMEOUT_MS,
      watermarkTimeoutMs: settings.WATERMARK_TIMEOUT_MS,
      operationsAtOnce: settings.READ_SESSIONS,
      operationsWaiting: 200,
      liveRestMs: 25,
      streamLifetimeMs: settings.CONNECTION_LIFETIME_MINUTES * 60_000,
      leaderboardBytes: settings.LEADERBOARD_MEMORY_BYTES,
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

/** @throws BadSettings when what they name is not there or not right */
function persistedOf({ PERSISTED_OPERATIONS, PERSISTED_ONLY }: Settings) {
  if (PERSISTED_OPERATIONS === undefined) return { documents: new Map<string, string>(), only: false }
  try {
    return { documents: readStoredOperations(PERSISTED_OPERATIONS, querySchema()), only: PERSISTED_ONLY }
  } catch (error) {
    throw new BadSettings(`bad settings:\n  PERSISTED_OPERATIONS: ${(error as Error).message}`)
  }
}
