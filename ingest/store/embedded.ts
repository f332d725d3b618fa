import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { drainPending } from 'chdb'
import type { Logger } from '../../telemetry/logger.ts'
import { openSession } from './engine.ts'
import { assertRoomFor, assertRoomToBegin, failedWrites, isScarce } from './failed-writes.ts'
import { createGuard, type Purpose, thisMoment } from './guard.ts'
import { openKiller } from './killer.ts'
import { createRepairs, type Statement } from './repair.ts'
import { openSessions, type SessionLimits, type Sessions } from './sessions.ts'

/** The engine in this process, which is believed only while none of its writes fails. */
export type EmbeddedEngine = {
  sessions(purpose: Purpose, limits: SessionLimits): Sessions
  /** Its sessions must have been closed. */
  close(): Promise<void>
}

/** Writes of the engine that had failed in this process when it was closed the last time. */
let failedBefore = 0

/** Opens the engine on `<dataDirectory>/store`. @throws WriteFailed where there is no room to begin one */
export async function openEngine(dataDirectory: string, logger: Logger): Promise<EmbeddedEngine> {
  const path = join(dataDirectory, 'store')
  await mkdir(path, { recursive: true })
  assertRoomToBegin(path)
  // Tables are merged from when they are loaded.
  const before = { failed: failedBefore, moment: thisMoment() }
  const killer = openKiller(path)
  const own = openSession(path)
  const statement: Statement = async <T>(sql: string) => {
    const answer = await own.queryAsync(sql, { format: 'JSONEachRow' })
    const lines = answer.text().split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line) as T)
  }
  const repairs = createRepairs(statement)
  const guard = createGuard(
    {
      ...repairs,
      failedWrites: () => failedWrites(own),
      isScarce: () => isScarce(path),
      assertRoomFor: (sql) => assertRoomFor(sql, path),
      async repair(seconds) {
        const { removed, left } = await repairs.removeBrokenParts(seconds)
        if (removed.length > 0)
          logger.warn({ parts: removed }, 'broken parts are removed; what they were made of serves again')
        if (left.length > 0)
          logger.error({ parts: left }, 'broken parts cannot be removed: what they were made of is gone')
      },
    },
    logger,
    before,
  )
  return {
    sessions: (purpose, limits) => guard.guarded(openSessions(path, killer, limits), purpose),
    async close() {
      await killer.close()
      failedBefore = await guard.close()
      own.close()
      await drainPending()
    },
  }
}
