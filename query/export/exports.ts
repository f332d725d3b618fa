import { GraphQLError } from 'graphql'
import { limits } from '../../schema/limits.ts'
import type { StoreReader, StoreStreamer, StreamFormat, Watermark } from '../../schema/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { isJson, isOwnSite } from '../browsers.ts'
import { type FailureCode, failure, failureOf, failures } from '../failures.ts'
import { currencyOf } from '../resolvers/currency.ts'
import { refuseManyDerived } from '../resolvers/runs-page.ts'
import { querySchema } from '../schema.ts'
import { exportPoints } from '../sql/export-points.ts'
import { bodyOf } from './body.ts'
import { createExportMeasures } from './measures.ts'
import { createPlaces } from './places.ts'
import { type ExportQuestion, exportQuestion, fieldsOfAddress, fieldsOfBody } from './question.ts'

export type ExportOptions = {
  readonly reader: StoreReader
  readonly streamer: StoreStreamer
  readonly watermark: Watermark
  readonly logger: Logger
  readonly metrics: Metrics
  readonly watermarkTimeoutMs: number
  /** Longest life of an export, however slow its reader is. */
  readonly lifetimeMs: number
}

export type ExportRequest = {
  readonly method: string
  /** Without the question mark. */
  readonly query: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
}
export type ExportAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | ReadableStream<Uint8Array>
  /** Whoever sends the file may give the memory of each piece back: 60 MB a second of it. */
  readonly isBodyGiven?: true
}

const files: Readonly<Record<StreamFormat, { type: string; suffix: string }>> = {
  Parquet: { type: 'application/vnd.apache.parquet', suffix: 'parquet' },
  ArrowStream: { type: 'application/vnd.apache.arrow.stream', suffix: 'arrows' },
}

/** The door for exports: `GET` with the question in the address, `POST` with it as JSON. A bounded number of them is under way at once. */
export function createExports(options: ExportOptions) {
  const { reader, streamer, watermark, logger, watermarkTimeoutMs } = options
  const schema = querySchema()
  const measures = createExportMeasures(options.metrics)
  const places = createPlaces(limits.exportsAtOnce, measures)

  async function start(question: ExportQuestion, signal: AbortSignal): Promise<ExportAnswer> {
    const statement = exportPoints(question)
    const { summaries } = statement
    const reached = (at: string) => watermark.reached(at, { summaries, timeoutMs: watermarkTimeoutMs })
    if (question.at !== undefined) await reached(question.at)
    const place = places.take(signal, options.lifetimeMs)
    try {
      const { watermark: current } = await currencyOf(watermark)
      // Names of metrics come with the summaries, after the points: without them the file would lack what the receipt says it has.
      if (summaries) await reached(current)
      await refuseManyDerived(question.project, statement.derived, { reader, readOptions: { signal: place.signal } })
      const pieces = await streamer.stream(statement.sql, question.format, statement.parameters, {
        memoryBytes: limits.exportMemoryBytes,
        signal: place.signal,
      })
      return {
        status: 200,
        headers: headersOf(question, current),
        isBodyGiven: true,
        body: bodyOf(pieces, {
          sent: measures.sent,
          ended: () => place.giveBack('whole'),
          broken(error) {
            // Who went away knows it.
            if (!signal.aborted) logger.warn({ err: error }, 'an export broke off')
            place.giveBack('broken')
          },
        }),
      }
    } catch (error) {
      place.giveBack('refused')
      throw error
    }
  }

  return {
    async handle(request: ExportRequest): Promise<ExportAnswer> {
      try {
        if (!isOwnSite(request.headers.get('sec-fetch-site')))
          throw failure('FORBIDDEN_ORIGIN', 'a page of another site may not export')
        return await start(exportQuestion(fieldsOf(request), schema), request.signal)
      } catch (error) {
        return refusal(error, logger)
      }
    },
  }
}

/** What was exported: as of which write, and which of a step's points. How many they are, and how many were left out, the file itself says. */
function headersOf({ project, format, points }: ExportQuestion, watermark: string): Record<string, string> {
  const { type, suffix } = files[format]
  return {
    'content-type': type,
    'content-disposition': `attachment; filename="${project.replace(/[^A-Za-z0-9._-]/g, '_')}.${suffix}"`,
    'stepstream-watermark': watermark,
    'stepstream-points': points.toLowerCase(),
    'cache-control': 'no-store',
  }
}

function fieldsOf({ method, query, body, headers }: ExportRequest): Record<string, unknown> {
  if (method === 'GET') return fieldsOfAddress(query)
  if (!isJson(headers.get('content-type'))) throw failure('BAD_REQUEST', 'content-type must be application/json')
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
