import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from '../../telemetry/logger.ts'
import { sendAnswer, sendError, sendPieces, sendText } from './answer.ts'
import { type BodyLimits, bodyPieces, multipartFields, wholeBody } from './body.ts'
import { StoreError, storeErrorOf } from './error.ts'
import { openQueries, type QueryLimits } from './queries.ts'
import type { Answer } from './query-answer.ts'
import { defaultFormat, readParameters, readRequest, type StoreRequest, type User } from './request.ts'
import { type InsertHead, readInsertHead } from './statement.ts'

export type StoreServerOptions = QueryLimits &
  BodyLimits & {
    readonly port: number
    readonly host: string
    readonly dataDirectory: string
    readonly users: readonly User[]
    /** A client that takes nothing of its answer for so long is cut off. */
    readonly sendTimeoutMs: number
    /** Bytes of statements that are not data of an INSERT. */
    readonly statementBytes: number
    readonly logger: Logger
  }

export type StoreServer = {
  readonly port: number
  /** Answers what has been asked, refuses what comes after, closes. */
  close(): Promise<void>
}

/** Node's default of 16 KiB would refuse statements and parameters that ClickHouse takes in a URL. */
const urlBytes = 1024 * 1024
/** Above the 2 s for which our clients keep an idle connection, so that none is closed under a request. */
const keepAliveTimeoutMs = 30_000

/** The embedded engine behind the part of ClickHouse's HTTP interface that `@clickhouse/client` uses. */
export async function startStoreServer(options: StoreServerOptions): Promise<StoreServer> {
  const queries = await openQueries(options.dataDirectory, options, options.logger)
  const underWay = new Set<Promise<void>>()
  let closing = false

  async function answer(message: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const abort = new AbortController()
    response.once('close', () => abort.abort(new Error('the client is gone')))
    const request = readRequest(message, url, options.users)
    response.setHeader('X-ClickHouse-Query-Id', request.queryId ?? randomUUID())
    const format = defaultFormat(message, url)
    if (request.streams && (format === 'Parquet' || format === 'ArrowStream')) {
      const { asked, statement } = await statementOf(message, request)
      await sendPieces(response, await queries.stream(asked, statement, format, abort.signal))
      return
    }
    const result = await ask(message, url, request, abort.signal)
    await sendAnswer(response, result, request.wantsGzip, options.sendTimeoutMs)
  }

  async function ask(message: IncomingMessage, url: URL, request: StoreRequest, signal: AbortSignal): Promise<Answer> {
    const format = defaultFormat(message, url)
    const head = readInsertHead(request.query)
    if (head && message.method === 'POST') return await insert(message, request, head)
    const { asked, statement } = await statementOf(message, request)
    // As in ClickHouse, a GET may only read.
    const user = message.method === 'GET' ? { ...asked.user, readOnly: true } : asked.user
    return await queries.run({ ...asked, user }, statement, format, signal)
  }

  async function insert(message: IncomingMessage, request: StoreRequest, head: InsertHead): Promise<Answer> {
    const { file } = head
    if (file === undefined) return await queries.insert(request, head, bodyPieces(message, options))
    const body = await wholeBody(message, { ...options, bodyBytes: options.statementBytes })
    if (body.length > 0) throw new StoreError(36, 'BAD_ARGUMENTS', 'an INSERT … FROM INFILE has no body')
    const { identity = '' } = request.parameters
    return await queries.insertShown(request, head, { path: file, identity })
  }

  async function statementOf(message: IncomingMessage, request: StoreRequest) {
    const body = await wholeBody(message, { ...options, bodyBytes: options.statementBytes })
    const type = message.headers['content-type'] ?? ''
    const asked = /^multipart\/form-data/i.test(type) ? withFields(request, multipartFields(body, type)) : request
    const text = asked === request ? utf8(body) : ''
    const statement = asked.query === '' ? text : text === '' ? asked.query : `${asked.query}\n${text}`
    return { asked, statement }
  }

  const server = createServer({ maxHeaderSize: urlBytes, keepAliveTimeout: keepAliveTimeoutMs, requestTimeout: 0 })
  server.on('request', (message, response) => {
    const done = handle(message, response).finally(() => underWay.delete(done))
    underWay.add(done)
  })

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('X-ClickHouse-Server-Display-Name', 'stepstream-store')
    if (closing) response.setHeader('Connection', 'close')
    // A broken connection is told of by `close`; an error without a listener would end the process.
    message.on('error', () => {})
    response.on('error', () => {})
    try {
      const url = urlOf(message)
      if (closing) throw new StoreError(236, 'ABORTED', 'the store is shutting down')
      if (url.pathname === '/ping' || (url.pathname === '/' && isEmptyGet(message, url)))
        return sendText(response, 200, 'Ok.\n')
      if (url.pathname !== '/') return sendText(response, 404, `There is no handle ${url.pathname.slice(0, 200)}\n`)
      if (message.method !== 'GET' && message.method !== 'POST') return sendText(response, 405, 'Use GET or POST.\n')
      await answer(message, response, url)
    } catch (error) {
      const told = storeErrorOf(error)
      if (told.type === 'UNKNOWN_EXCEPTION' && !response.destroyed)
        options.logger.error({ err: error }, 'a query failed')
      sendError(message, response, told, queries.version)
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      closing = true
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      await Promise.all(underWay)
      server.closeAllConnections()
      await closed
      await queries.close()
    },
  }
}

function urlOf(message: IncomingMessage): URL {
  try {
    return new URL(message.url ?? '/', 'http://store')
  } catch {
    throw new StoreError(36, 'BAD_ARGUMENTS', 'the URL cannot be read')
  }
}

function isEmptyGet(message: IncomingMessage, url: URL): boolean {
  return (message.method === 'GET' || message.method === 'HEAD') && !url.searchParams.has('query')
}

function withFields(request: StoreRequest, fields: Map<string, string>): StoreRequest {
  const query = [request.query, fields.get('query') ?? ''].filter((text) => text !== '').join('\n')
  return { ...request, query, parameters: { ...request.parameters, ...readParameters(fields) } }
}

function utf8(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw new StoreError(
      62,
      'SYNTAX_ERROR',
      'the statement is not UTF-8; data in a binary format goes into the body of a POST whose URL holds INSERT … FORMAT …',
    )
  }
}
