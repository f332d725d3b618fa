import { GraphQLError } from 'graphql'
import { limits } from '../../schema/limits.ts'
import type { StoreStreamer, StreamFormat, Watermark } from '../../schema/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { type FailureCode, failure, failureOf, failures } from '../failures.ts'
import { createQuerySchema } from '../schema.ts'
import { exportPoints } from '../sql/export-points.ts'
import { type ExportQuestion, exportQuestion, fieldsOfAddress, fieldsOfBody } from './question.ts'

export type ExportOptions = {
  readonly streamer: StoreStreamer
  readonly watermark: Watermark
  readonly logger: Logger
  readonly watermarkTimeoutMs: number
}

export type ExportRequest = {
  readonly method: string
  /** Without the question mark. */
  readonly query: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
  readonly signal: AbortSignal
}
export type ExportAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | ReadableStream<Uint8Array>
}

const files: Readonly<Record<StreamFormat, { type: string; suffix: string }>> = {
  Parquet: { type: 'application/vnd.apache.parquet', suffix: 'parquet' },
  ArrowStream: { type: 'application/vnd.apache.arrow.stream', suffix: 'arrows' },
}

/** The door for exports: `GET` with the question in the address, `POST` with it as JSON. A bounded number of them is under way at once. */
export function createExports({ streamer, watermark, logger, watermarkTimeoutMs }: ExportOptions) {
  const schema = createQuerySchema()
  let free: number = limits.exportsAtOnce

  /** @returns what gives the turn back, however often it is called */
  function takeTurn(): () => void {
    if (free === 0) throw failure('BUSY', `${limits.exportsAtOnce} exports are under way; ask again when one has ended`)
    free--
    let taken = true
    return () => {
      if (taken) free++
      taken = false
    }
  }

  async function start(question: ExportQuestion, signal: AbortSignal): Promise<ExportAnswer> {
    const statement = exportPoints(question)
    if (question.at !== undefined) {
      await watermark.reached(question.at, { summaries: statement.summaries, timeoutMs: watermarkTimeoutMs })
    }
    const giveBack = takeTurn()
    // A client that goes away before its answer begins never reads it to an end.
    signal.addEventListener('abort', giveBack, { once: true })
    try {
      // Read before the store is asked, so that it never claims too much.
      const token = watermark.current()
      const options = { memoryBytes: limits.exportMemoryBytes, signal }
      const pieces = await streamer.stream(statement.sql, question.format, statement.parameters, options)
      const { type, suffix } = files[question.format]
      const name = question.project.replace(/[^A-Za-z0-9._-]/g, '_')
      const headers = {
        'content-type': type,
        'content-disposition': `attachment; filename="${name}.${suffix}"`,
        'stepstream-watermark': token,
        'cache-control': 'no-store',
      }
      return { status: 200, headers, body: bodyOf(pieces, signal, giveBack) }
    } catch (error) {
      giveBack()
      throw error
    }
  }

  /** What breaks in the midst errors the body, which breaks the connection: a file that is cut short never looks whole. */
  function bodyOf(pieces: AsyncIterableIterator<Uint8Array>, signal: AbortSignal, giveBack: () => void) {
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            const { done, value } = await pieces.next()
            if (!done) return controller.enqueue(value)
            giveBack()
            controller.close()
          } catch (error) {
            giveBack()
            if (!signal.aborted) logger.warn({ err: error }, 'an export broke off')
            controller.error(error)
          }
        },
        async cancel() {
          giveBack()
          await pieces.return?.()
        },
      },
      // Nothing is read ahead: the pipe from the engine does so.
      { highWaterMark: 0 },
    )
  }

  return {
    async handle(request: ExportRequest): Promise<ExportAnswer> {
      try {
        if (request.headers.get('sec-fetch-site') === 'cross-site')
          throw failure('FORBIDDEN_ORIGIN', 'a page of another site may not export')
        return await start(exportQuestion(fieldsOf(request), schema), request.signal)
      } catch (error) {
        return refusal(error, logger)
      }
    },
  }
}

function fieldsOf({ method, query, body, headers }: ExportRequest): Record<string, unknown> {
  if (method === 'GET') return fieldsOfAddress(query)
  if (method !== 'POST') throw failure('BAD_REQUEST', 'exports take GET and POST')
  // A browser lets no page of another site send this type unasked.
  const type = (headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  if (type !== 'application/json') throw failure('BAD_REQUEST', 'content-type must be application/json')
  return fieldsOfBody(body)
}

/** In the form in which GraphQL refuses. */
function refusal(error: unknown, logger: Logger): ExportAnswer {
  const told = error instanceof GraphQLError ? error : failureOf(error)
  if (!told) logger.error({ err: error }, 'an export failed')
  const { message, extensions } = told ?? failure('INTERNAL', 'a fault of the server; it has been logged')
  const { status } = failures[extensions.code as FailureCode]
  const headers = { 'content-type': 'application/json', ...(status === 503 ? { 'retry-after': '1' } : {}) }
  return { status, headers, body: JSON.stringify({ errors: [{ message, extensions }] }) }
}
