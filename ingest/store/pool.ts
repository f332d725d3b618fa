import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { type ClickHouseClientConfigOptions, parseError } from '@clickhouse/client'
import type { ParameterValue } from '../../schema/store.ts'
import type { SessionRequest, Sessions } from './sessions.ts'
import { assertQuestion, withoutSettings } from './statement-settings.ts'
import { parameterText } from './text.ts'

/** What `createClient({ connection })` takes. */
export type ClientConnection = NonNullable<ClickHouseClientConfigOptions['connection']>
type QueryParams = Parameters<ClientConnection['query']>[0]

/**
 * Sessions of the embedded engine behind the one-connection interface of `@clickhouse/client`. `readOnly`: they can only ask; nothing they
 * are told can write into a table or a file, read a file or a URL, or change a limit.
 */
export function connectionTo(sessions: Sessions, { readOnly = false } = {}): ClientConnection {
  async function run(params: QueryParams): Promise<Uint8Array> {
    const request = requestOf(params, readOnly)
    const format = String(params.clickhouse_settings?.default_format ?? 'TabSeparated')
    return await sessions.run(request, async (session, statement) => {
      try {
        return (await session.queryAsync(statement, { format })).bytes()
      } catch (error) {
        throw engineError(error)
      }
    })
  }
  const about = (params: QueryParams) => ({
    query_id: params.query_id ?? randomUUID(),
    response_headers: {},
    http_status_code: 200,
  })
  const streamed = async (params: QueryParams) => {
    const bytes = await run(params)
    return { stream: Readable.from([bytes], { objectMode: false }), ...about(params) }
  }

  return {
    query: streamed,
    exec: streamed,
    async command(params) {
      await run(params)
      return about(params)
    },
    insert: () => Promise.reject(new Error('inserts into the embedded engine go through insertBlock')),
    async ping() {
      await run({ query: 'SELECT 1' })
      return { success: true }
    },
    close: () => sessions.close(),
  }
}

function requestOf(params: QueryParams, readOnly: boolean): SessionRequest {
  const parameters = textValues(params.query_params ?? {})
  const settings = engineSettings(params.clickhouse_settings ?? {})
  const common = { parameters, signal: params.abort_signal }
  if (!readOnly) return { ...common, statement: params.query, settings }
  assertQuestion(params.query)
  const bare = withoutSettings(params.query)
  // The limits of the question come last: no statement can widen them.
  return { ...common, statement: bare.statement, settings: { ...bare.settings, ...settings }, readOnly }
}

/** The engine's error as the client's own, which carries ClickHouse's number in `code`. */
export function engineError(error: unknown): Error {
  return parseError(error instanceof Error ? error : String(error))
}

/** Settings that only the HTTP interface knows. */
const httpOnly = new Set([
  'default_format',
  'wait_end_of_query',
  'cancel_http_readonly_queries_on_client_close',
  'enable_http_compression',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  // Ours: by it a session's query is found when it has to be killed.
  'log_comment',
])

/** Settings for a session, without those that the engine cannot have. */
export function engineSettings(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  const known = Object.entries(settings).filter(([name, value]) => value !== undefined && !httpOnly.has(name))
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)]))
}

export function textValues(parameters: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, parameterText(value as ParameterValue)]),
  )
}
