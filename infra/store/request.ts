import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { StoreError } from './error.ts'

export type User = { readonly name: string; readonly password: string; readonly readOnly: boolean }

/** A request of ClickHouse's HTTP interface, taken apart. */
export type StoreRequest = {
  /** From the URL; the body follows it. */
  readonly query: string
  readonly queryId: string | undefined
  readonly database: string
  readonly settings: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
  readonly comment: string | undefined
  /** The answer is to be sent as it is made: `wait_end_of_query=0`, said and not left to a default. */
  readonly streams: boolean
  readonly wantsGzip: boolean
  readonly user: User
}

/** Parameters of the URL that are none of the engine's settings. */
const reserved = new Set(['query', 'query_id', 'database', 'user', 'password', 'default_format', 'wait_end_of_query'])
const refused = new Set([
  'session_id',
  'session_timeout',
  'session_check',
  'role',
  'quota_key',
  'compress',
  'decompress',
])

export function readRequest(message: IncomingMessage, url: URL, users: readonly User[]): StoreRequest {
  const user = readUser(message, url, users)
  const settings: Record<string, string> = {}
  for (const [name, value] of url.searchParams) {
    if (refused.has(name)) throw new StoreError(48, 'NOT_IMPLEMENTED', `${name} is not supported by this store`)
    if (!name.startsWith('param_') && !reserved.has(name)) settings[checkName(name)] = value
  }
  if (user.readOnly) checkSettings(settings)
  const database = url.searchParams.get('database') ?? headerOf(message, 'x-clickhouse-database') ?? 'default'
  return {
    query: url.searchParams.get('query') ?? '',
    queryId: readQueryId(url.searchParams.get('query_id')),
    database,
    settings,
    parameters: readParameters(url.searchParams),
    comment: settings.log_comment,
    streams: url.searchParams.get('wait_end_of_query') === '0',
    wantsGzip: settings.enable_http_compression === '1' && /\bgzip\b/.test(headerOf(message, 'accept-encoding') ?? ''),
    user,
  }
}

export function readParameters(fields: Iterable<[string, string]>): Record<string, string> {
  const parameters: Record<string, string> = {}
  for (const [name, value] of fields) {
    if (name.startsWith('param_')) parameters[checkName(name.slice('param_'.length))] = value
  }
  return parameters
}

/** The format of an answer whose statement names none. */
export function defaultFormat(message: IncomingMessage, url: URL): string {
  const format = url.searchParams.get('default_format') ?? headerOf(message, 'x-clickhouse-format') ?? 'TabSeparated'
  if (!/^\w+$/.test(format)) throw new StoreError(73, 'UNKNOWN_FORMAT', 'the name of the format is none')
  return format
}

export function headerOf(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name]
  return Array.isArray(value) ? value[0] : value
}

function checkName(name: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new StoreError(
      115,
      'UNKNOWN_SETTING',
      `${JSON.stringify(name.slice(0, 100))} cannot be a name of a setting or parameter`,
    )
  return name
}

/** What the reading user may set: how much of the machine a question may take, and how its answer looks. */
const allowedToReaders =
  /^(max_(execution_time|memory_usage|threads|result_rows|result_bytes|rows_to_read|bytes_to_read|block_size)|(timeout|result|read)_overflow_mode|output_format_\w+|enable_http_compression|http_\w+|send_progress_in_http_headers|cancel_http_readonly_queries_on_client_close|log_comment|join_use_nulls|readonly)$/
/** And in a statement: how it is to be run, never with how much. */
const allowedInStatements =
  /^(max_threads|max_block_size|(optimize|query_plan|join|enable|use|merge_tree|read_in_order|group_by|prefer)_\w+)$/

/** @throws StoreError for a setting that the reading user may not give in its statement */
export function checkStatementSettings(settings: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(settings)) if (!allowedInStatements.test(name)) throw fixedSetting(name)
}

function checkSettings(settings: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(settings)) {
    if (!allowedToReaders.test(name) || (name === 'readonly' && value === '0')) throw fixedSetting(name)
  }
}

const fixedSetting = (name: string) =>
  new StoreError(164, 'READONLY', `Cannot modify '${name}' setting in readonly mode`)

/** It comes back in a header, so it may hold only what a header may. */
function readQueryId(id: string | null): string | undefined {
  if (id === null || id === '') return undefined
  if (!/^[\x21-\x7e]{1,200}$/.test(id))
    throw new StoreError(36, 'BAD_ARGUMENTS', 'query_id may hold up to 200 visible ASCII characters')
  return id
}

function readUser(message: IncomingMessage, url: URL, users: readonly User[]): User {
  const [name, password] = credentials(message, url)
  const user = users.find((one) => one.name === name)
  if (user === undefined || !sameText(user.password, password)) {
    throw new StoreError(
      516,
      'AUTHENTICATION_FAILED',
      `${name.slice(0, 100)}: Authentication failed: password is incorrect, or there is no user with such name.`,
    )
  }
  return user
}

function credentials(message: IncomingMessage, url: URL): [name: string, password: string] {
  const authorization = headerOf(message, 'authorization')
  const header = headerOf(message, 'x-clickhouse-user')
  if (authorization !== undefined) {
    if (header !== undefined)
      throw new StoreError(516, 'AUTHENTICATION_FAILED', 'credentials come in one header, not in two')
    const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1]
    if (encoded === undefined)
      throw new StoreError(516, 'AUTHENTICATION_FAILED', 'the Authorization header is not Basic')
    const text = Buffer.from(encoded, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    return colon === -1 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
  }
  if (header !== undefined) return [header, headerOf(message, 'x-clickhouse-key') ?? '']
  return [url.searchParams.get('user') ?? 'default', url.searchParams.get('password') ?? '']
}

export function readOnlyError({ user }: StoreRequest): StoreError {
  return new StoreError(164, 'READONLY', `${user.name}: Cannot execute query in readonly mode.`)
}

/** In a time that tells nothing of where they differ. */
function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
