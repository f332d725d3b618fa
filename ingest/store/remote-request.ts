import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Parameters, StoreReader } from '../../schema/store.ts'
import { statisticsSettings } from './insert.ts'
import { identifier, parameterText } from './text.ts'

type Settings = Readonly<Record<string, string | number>>

export type RemoteRequest = {
  query: string
  clickhouse_settings: Record<string, string | number>
  values?: Readable
  http_headers?: Record<string, string>
}

/** Longer parameters do not go into the URL, which proxies bound at a few KiB and ClickHouse at 1 MiB. */
const urlBytes = 4_096

/**
 * A statement as the client's `exec` takes it. The parameters' texts are our own, the same as in the embedded engine (the client's
 * lose the sign of -0): short ones stand in the URL beside the settings, which the client leaves as they are, and long ones in
 * the fields of a multipart body, which `exec` cannot make by itself.
 */
export function requestOf(query: string, parameters: Parameters, settings: Settings): RemoteRequest {
  const fields = Object.entries(parameters).map(
    ([name, value]) => [`param_${identifier(name)}`, parameterText(value)] as const,
  )
  const length = fields.reduce((sum, [, text]) => sum + text.length, 0)
  if (length <= urlBytes) return { query, clickhouse_settings: { ...settings, ...Object.fromEntries(fields) } }
  const boundary = `stepstream-${randomUUID()}`
  const parts = fields.map(
    ([name, text]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`,
  )
  return {
    query,
    clickhouse_settings: { ...settings },
    values: Readable.from([Buffer.from(`${parts.join('')}--${boundary}--\r\n`)], { objectMode: false }),
    http_headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
  }
}

/** How one block goes in as one block, whatever the server's own defaults are. */
export function remoteInsertSettings(
  table: string,
  rows: number,
  token: string | undefined,
  known: ReadonlySet<string>,
): Record<string, string | number> {
  const newer = Object.entries(newerSettings(table, token)).filter(([name]) => known.has(name))
  return {
    async_insert: 0,
    insert_deduplicate: token === undefined ? 0 : 1,
    // Through a Distributed table: answered when every shard has stored its rows.
    distributed_foreground_insert: 1,
    max_insert_block_size: Math.max(rows, 1),
    min_insert_block_size_rows: 0,
    min_insert_block_size_bytes: 0,
    max_insert_threads: 1,
    input_format_parallel_parsing: 0,
    max_execution_time: 0,
    wait_end_of_query: 1,
    log_comment: 'stepstream insert',
    ...Object.fromEntries(newer),
    ...(token === undefined ? {} : { insert_deduplication_token: token }),
  }
}

/** Settings that not every version has: each decides over an older one where both are there. */
function newerSettings(table: string, token: string | undefined): Record<string, string | number> {
  return {
    deduplicate_insert: token === undefined ? 'disable' : 'enable',
    max_insert_block_size_bytes: 0,
    use_strict_insert_block_limits: 0,
    // Blocks have columns of few values as LowCardinality, whatever the table has.
    input_format_native_allow_types_conversion: 1,
    ...statisticsSettings(table),
  }
}

/** Which of them the server knows; the others are not sent. */
export async function optionalSettings(reader: StoreReader): Promise<ReadonlySet<string>> {
  const rows = await reader.rows<{ name: string }>(
    'SELECT name FROM system.settings WHERE name IN {names:Array(String)}',
    { names: Object.keys(newerSettings('points', undefined)) },
  )
  return new Set(rows.map(({ name }) => name))
}
