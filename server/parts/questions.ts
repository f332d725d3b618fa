import { fetchHandler } from '../../http/fetch.ts'
import { createQuerySchema } from '../../query/schema.ts'
import { createQueryServer } from '../../query/server.ts'
import { readStoredOperations } from '../../query/stored-operations.ts'
import { limits } from '../../schema/limits.ts'
import type { StoreReader, Watermark } from '../../schema/store.ts'
import { BadSettings, type Settings } from '../settings.ts'
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
    ...{ reader, watermark, logger, metrics, persisted: persistedOf(settings) },
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

/** @throws BadSettings when what they name is not there or not right */
function persistedOf({ PERSISTED_OPERATIONS, PERSISTED_ONLY }: Settings) {
  if (PERSISTED_OPERATIONS === undefined) return { documents: new Map<string, string>(), only: false }
  try {
    return { documents: readStoredOperations(PERSISTED_OPERATIONS, createQuerySchema()), only: PERSISTED_ONLY }
  } catch (error) {
    throw new BadSettings(`bad settings:\n  PERSISTED_OPERATIONS: ${(error as Error).message}`)
  }
}
