import { insertFromFile } from '../../ingest/store/insert.ts'
import type { Session, SessionRequest, Sessions } from '../../ingest/store/sessions.ts'
import type { ShownFile } from '../../ingest/store/spool.ts'
import { openSpools } from '../../ingest/store/spools.ts'
import { literal, quoted } from '../../ingest/store/text.ts'
import type { BodyLimits } from './body.ts'
import { tooMany } from './error.ts'
import { insertSettings } from './insert-settings.ts'
import { type Answer, enter, summaryOf } from './query-answer.ts'
import { readOnlyError, type StoreRequest } from './request.ts'
import { openShown } from './shown-file.ts'
import type { InsertHead } from './statement.ts'

export type Inserts = {
  /** Puts `pieces` into a table as one INSERT, which happens whole or not at all. */
  insert(request: StoreRequest, head: InsertHead, pieces: AsyncIterable<Uint8Array>): Promise<Answer>
  /** The same of a file that the client shows. @throws StoreError 107 where that is not to be found */
  insertShown(request: StoreRequest, head: InsertHead, file: ShownFile): Promise<Answer>
  close(): Promise<void>
}

export type InsertLimits = Pick<BodyLimits, 'bodyBytes'> & {
  /** Inserts that run side by side. Twice as many bodies are taken in, each into a file in memory, for some wait for their turn. */
  readonly uploads: number
  /** Bodies that may wait for a file. */
  readonly waiting: number
}

/** Data goes to the engine through files. */
export function createInserts(dataDirectory: string, lane: Pick<Sessions, 'run'>, limits: InsertLimits): Inserts {
  const spools = openSpools(dataDirectory, 2 * limits.uploads, (waiting) => {
    if (waiting >= limits.waiting) throw tooMany('too many inserts wait')
  })

  async function insertFrom(path: string, request: StoreRequest, head: InsertHead): Promise<Answer> {
    const asked: SessionRequest = {
      statement: '',
      settings: {},
      parameters: {},
      leavesTraces: request.database !== 'default',
    }
    const result = await lane.run(asked, async (session) => {
      await enter(session, request.database)
      const names = head.columns ?? (await namesInFile(session, path, head.format))
      const settings = insertSettings(request.settings)
      return await session.queryAsync(insertFromFile({ ...head, names, path, settings }))
    })
    return { bytes: new Uint8Array(0), format: 'Null', summary: summaryOf(result, result.rowsRead) }
  }

  return {
    async insert(request, head, pieces) {
      if (request.user.readOnly) throw readOnlyError(request)
      const spool = await spools.take()
      try {
        await spool.fill(pieces)
        return await insertFrom(spool.path, request, head)
      } finally {
        spools.giveBack(spool)
      }
    },
    async insertShown(request, head, file) {
      if (request.user.readOnly) throw readOnlyError(request)
      const opened = await openShown(file, limits.bodyBytes)
      try {
        return await insertFrom(`/proc/self/fd/${opened.fd}`, request, head)
      } finally {
        await opened.close()
      }
    },
    close: () => spools.close(),
  }
}

/** An INSERT without names takes the file's columns by their names. */
async function namesInFile(session: Session, path: string, format: string): Promise<string> {
  const answer = await session.queryAsync(
    `DESCRIBE TABLE file(${literal(path)}, ${literal(format)}) FORMAT JSONEachRow`,
  )
  const rows = answer.text().split('\n').filter(Boolean)
  return rows.map((row) => quoted((JSON.parse(row) as { name: string }).name)).join(', ')
}
