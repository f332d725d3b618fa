import type { ClickHouseClientConfigOptions } from '@clickhouse/client'
import { type ChdbConnection, createChdbConnection } from 'chdb/connection'
import type { ParameterValue } from '../../schema/store.ts'

/** What `createClient({ connection })` takes. */
export type ClientConnection = NonNullable<ClickHouseClientConfigOptions['connection']>
type QueryParams = Parameters<ClientConnection['query']>[0]
type BareQuery = Parameters<ChdbConnection['query']>[0]

/**
 * Several sessions of the embedded engine behind the one-connection interface of `@clickhouse/client`: a session runs one
 * query at a time, several run side by side. A query waits for a free session.
 *
 * Parameters are set on the session (`SET param_x`) right before its query. chdb's own binding keeps them in one place
 * for the whole process and therefore runs all queries with parameters one after the other.
 */
export function createSessionPool(path: string, sessions: number): ClientConnection {
  const all: ChdbConnection[] = []
  for (let i = 0; i < sessions; i++) all.push(createChdbConnection({ path }))
  const idle = [...all]
  const waiting: ((session: ChdbConnection) => void)[] = []
  let closed = false

  function acquire(): Promise<ChdbConnection> {
    if (closed) return Promise.reject(new Error('the embedded store is closed'))
    const session = idle.pop()
    if (session) return Promise.resolve(session)
    return new Promise((resolve) => waiting.push(resolve))
  }

  function release(session: ChdbConnection): void {
    const next = waiting.shift()
    if (next) next(session)
    else idle.push(session)
  }

  /** Runs on one session. The engine cannot stop a query it has begun, so an abort gives the answer up and the session is freed when the query ends. */
  async function run<T>(
    params: QueryParams,
    work: (session: ChdbConnection, bare: BareQuery) => Promise<T>,
  ): Promise<T> {
    params.abort_signal?.throwIfAborted()
    const session = await acquire()
    const finished = (async () => {
      try {
        const settings = sessionSettings(params)
        if (settings !== '') await session.command({ query: settings })
        return await work(session, bareQuery(params))
      } finally {
        release(session)
      }
    })()
    return params.abort_signal ? await untilAborted(finished, params.abort_signal) : await finished
  }

  return {
    query: (params) => run(params, (session, bare) => session.query(bare)),
    exec: (params) => run(params, (session, bare) => session.exec(bare)),
    command: (params) => run(params, (session, bare) => session.command(bare)),
    insert: () => Promise.reject(new Error('inserts into the embedded engine go through insertBlock')),
    ping: () => run({ query: '' }, (session) => session.ping({ select: true })),
    async close() {
      closed = true
      await Promise.all(all.map((session) => session.close()))
    },
  }
}

/** The statement and, in place of settings, the format the client names where the statement has none. */
function bareQuery(params: QueryParams): BareQuery {
  const format = params.clickhouse_settings?.default_format
  return { query: params.query, ...(format === undefined ? {} : { clickhouse_settings: { default_format: format } }) }
}

/** Settings that only the HTTP interface knows. */
const httpOnly = new Set(['default_format', 'wait_end_of_query', 'cancel_http_readonly_queries_on_client_close'])

function sessionSettings(params: QueryParams): string {
  const assignments: string[] = []
  for (const [name, value] of Object.entries(params.clickhouse_settings ?? {})) {
    if (value !== undefined && !httpOnly.has(name)) assignments.push(`${identifier(name)} = ${literal(String(value))}`)
  }
  for (const [name, value] of Object.entries(params.query_params ?? {})) {
    assignments.push(`param_${identifier(name)} = ${literal(parameterText(value as ParameterValue))}`)
  }
  return assignments.length === 0 ? '' : `SET ${assignments.join(', ')}`
}

function identifier(name: string): string {
  if (!/^\w+$/.test(name)) throw new Error(`not a name of a setting or parameter: ${name}`)
  return name
}

/** A ClickHouse string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** A parameter's value as the engine parses it for its type: like a field of TSV; inside arrays texts are quoted. */
function parameterText(value: ParameterValue): string {
  if (typeof value === 'string') return escapeField(value)
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'bigint') return String(value)
  return `[${value.map((item) => (typeof item === 'string' ? `'${escapeField(item)}'` : parameterText(item))).join(',')}]`
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return Number.isNaN(value) ? 'nan' : value > 0 ? '+inf' : '-inf'
}

const escapes: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
  '\b': '\\b',
}

function escapeField(text: string): string {
  return text.replace(/[\\'\t\n\r\0\b]/g, (character) => escapes[character]!)
}
