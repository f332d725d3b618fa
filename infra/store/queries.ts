import { openEngine } from '../../ingest/store/embedded.ts'
import { type StreamFormat, streamAnswer } from '../../ingest/store/engine-stream.ts'
import type { Purpose } from '../../ingest/store/guard.ts'
import { engineSettings } from '../../ingest/store/pool.ts'
import type { SessionRequest } from '../../ingest/store/sessions.ts'
import { withoutSettings } from '../../ingest/store/statement-settings.ts'
import type { Pieces } from '../../ingest/store/stream-pieces.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { StoreError } from './error.ts'
import { createInserts, type InsertLimits, type Inserts } from './inserts.ts'
import { type Answer, enter, summaryOf } from './query-answer.ts'
import { checkStatementSettings, readOnlyError, type StoreRequest } from './request.ts'
import { readStatement } from './statement.ts'

export type Queries = Pick<Inserts, 'insert' | 'insertShown'> & {
  readonly version: string
  /** Runs one statement; `format` is that of its answer where it names none. @throws StoreError, or what the engine threw */
  run(request: StoreRequest, statement: string, format: string, signal: AbortSignal): Promise<Answer>
  /** A SELECT's answer as it is made, in one of the formats of files. @throws as `run` does, also in the midst */
  stream(request: StoreRequest, statement: string, format: StreamFormat, signal: AbortSignal): Promise<Pieces>
  /** Lets what runs come to its end, refuses what waits, closes. */
  close(): Promise<void>
}

export type QueryLimits = InsertLimits & {
  /** Queries that run side by side for each of the two users. */
  readonly readSessions: number
  /** Queries that may wait, for each kind of session. */
  readonly waiting: number
  /** Answers that are sent as they are made, side by side. */
  readonly streams: number
  /** Size of one answer in the engine's memory. */
  readonly resultBytes: number
}

/** By this `log_comment` the sink's look-ups are told from questions, which must not hold them up. */
const sinkComment = 'stepstream sink'
const readWords = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXISTS', 'EXPLAIN', 'FROM'])

/**
 * The engine, and who may use which of its sessions: questions of either user, the sink's look-ups, inserts and other
 * statements each have their own, so that none is stuck behind another.
 */
export async function openQueries(dataDirectory: string, limits: QueryLimits, logger: Logger): Promise<Queries> {
  const engine = await openEngine(dataDirectory, logger)
  const open = (purpose: Purpose, sessions: number) => engine.sessions(purpose, { sessions, waiting: limits.waiting })
  const lanes = {
    question: open('question', limits.readSessions),
    reader: open('question', limits.readSessions),
    sink: open('look-up', limits.uploads),
    insert: open('write', limits.uploads),
    other: open('write', 1),
    stream: open('question', limits.streams),
  }
  const inserts = createInserts(dataDirectory, lanes.insert, limits)
  const version = await lanes.other.run(bare, async (session) => (await session.queryAsync('SELECT version()')).text())

  return {
    version: version.replace(/[\s"]/g, ''),
    async run(request, statement, format, signal) {
      const { keyword, format: named } = checkedStatement(request, statement)
      const reads = readWords.has(keyword)
      const lane = reads ? lanes[readLane(request)] : lanes.other
      const { text, settings } = request.user.readOnly ? bareStatement(statement) : { text: statement, settings: {} }
      const wanted = { ...settings, ...request.settings }
      const session: SessionRequest = {
        statement: text,
        settings: engineSettings(reads ? withLimit(wanted, limits.resultBytes) : wanted),
        parameters: request.parameters,
        readOnly: request.user.readOnly,
        leavesTraces: !(reads || keyword === 'INSERT') || request.database !== 'default',
        // Only a read may be stopped half way; what writes is better finished than left in doubt.
        signal: reads ? signal : undefined,
      }
      const result = await lane.run(session, async (session, whole) => {
        await enter(session, request.database)
        return await session.queryAsync(whole, { format })
      })
      return { bytes: result.bytes(), format: named ?? format, summary: summaryOf(result, 0) }
    },
    async stream(request, statement, format, signal) {
      const { keyword } = checkedStatement(request, statement)
      if (!readWords.has(keyword)) throw readOnlyError(request)
      const { text, settings } = bareStatement(statement)
      const session: SessionRequest = {
        statement: text,
        settings: engineSettings({ ...settings, ...request.settings }),
        parameters: request.parameters,
        readOnly: true,
        signal,
      }
      return await streamAnswer(lanes.stream, session, format)
    },
    insert: inserts.insert,
    insertShown: inserts.insertShown,
    async close() {
      await Promise.all(Object.values(lanes).map((lane) => lane.close()))
      await inserts.close()
      await engine.close()
    },
  }
}

/** The reading user's session may not set anything any more when the statement comes; what that sets goes before it. */
function bareStatement(statement: string) {
  const bare = withoutSettings(statement)
  checkStatementSettings(bare.settings)
  return { text: bare.statement, settings: bare.settings }
}

/** The caller may ask for a smaller answer than the server allows, not for a larger one. */
function withLimit(settings: Readonly<Record<string, string>>, resultBytes: number): Record<string, string> {
  const wanted = Number(settings.max_result_bytes) || resultBytes
  const limit = String(Math.min(wanted, resultBytes))
  return { result_overflow_mode: 'throw', ...settings, max_result_bytes: limit }
}

const bare: SessionRequest = { statement: '', settings: {}, parameters: {} }

function checkedStatement(request: StoreRequest, text: string) {
  const statement = readStatement(text)
  if (statement.keyword === '') throw new StoreError(62, 'SYNTAX_ERROR', 'Empty query')
  if (statement.several) throw new StoreError(62, 'SYNTAX_ERROR', 'Multi-statements are not allowed')
  if (statement.intoOutfile) throw new StoreError(358, 'INTO_OUTFILE_NOT_ALLOWED', 'INTO OUTFILE is not allowed')
  if (request.user.readOnly && !readWords.has(statement.keyword)) throw readOnlyError(request)
  return statement
}

function readLane({ user, comment }: StoreRequest): 'reader' | 'sink' | 'question' {
  if (user.readOnly) return 'reader'
  return comment === sinkComment ? 'sink' : 'question'
}
