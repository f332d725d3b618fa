import type { ClickHouseClient } from '@clickhouse/client'
import { type ParameterValue, type ReadOptions, type StoreReader, StoreTrouble } from '../../schema/store.ts'
import { readNative } from './native-reader.ts'

export type ReaderLimits = {
  readonly queryTimeoutMs: number
  /** Memory one query may take, bytes. */
  readonly queryMemoryBytes: number
}

/** Questions to the store through `@clickhouse/client`, whichever engine is behind it. */
export function createReader(client: ClickHouseClient, limits: ReaderLimits): StoreReader {
  const request = (query: string, parameters: Readonly<Record<string, ParameterValue>>, options: ReadOptions) => ({
    query,
    query_params: parameters as Record<string, unknown>,
    clickhouse_settings: {
      max_execution_time: (options.timeoutMs ?? limits.queryTimeoutMs) / 1000,
      max_memory_usage: String(limits.queryMemoryBytes),
      timeout_overflow_mode: 'throw' as const,
    },
    ...(options.signal ? { abort_signal: options.signal } : {}),
  })

  return {
    async rows<T>(sql: string, parameters = {}, options: ReadOptions = {}): Promise<T[]> {
      return await guarded(async () => {
        const result = await client.query({ ...request(sql, parameters, options), format: 'JSONEachRow' })
        return (await result.json()) as T[]
      })
    },
    async columns(sql, parameters = {}, options = {}) {
      return await guarded(async () => {
        const result = await client.exec(request(`${sql}\nFORMAT Native`, parameters, options))
        const chunks: Uint8Array[] = []
        for await (const chunk of result.stream) chunks.push(chunk as Uint8Array)
        return readNative(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
      })
    },
  }
}

/** Error codes of ClickHouse that are trouble of the moment and not a fault in the question. */
const troubles: Record<string, 'timeout' | 'memory'> = { '159': 'timeout', '160': 'timeout', '241': 'memory' }

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error
    const { code, message } = error as { code?: unknown; message: string }
    // Both copies of the client's error class (its own and chdb's) carry ClickHouse's number as a text in `code`.
    if (typeof code !== 'string' || !/^\d+$/.test(code)) {
      throw new StoreTrouble('unavailable', `the store cannot be reached: ${message}`, error)
    }
    const kind = troubles[code]
    if (kind === 'timeout') throw new StoreTrouble('timeout', 'the store did not finish the query in time', error)
    if (kind === 'memory') throw new StoreTrouble('memory', 'the query needed more memory than it may have', error)
    throw new StoreTrouble('rejected', `the store rejected the query: ${message}`, error)
  }
}
