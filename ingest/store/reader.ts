import { freeMemory } from '../../schema/freed-memory.ts'
import { type Parameters, type ReadOptions, type StoreReader, StoreTrouble } from '../../schema/store.ts'
import { readNative, readNativeBlocks } from './native-reader.ts'

export type ReaderLimits = {
  readonly queryTimeoutMs: number
  /** Memory one query may take, bytes. */
  readonly queryMemoryBytes: number
  /** Size of one answer in the engine's columns, bytes; without it there is no limit. */
  readonly queryResultBytes?: number | undefined
}

/** Longest time of a look-up of the sink. */
const sinkTimeoutMs = 60_000

/** The sink asks for what it needs to go on, however much that is. */
export const sinkLimits = ({ queryMemoryBytes }: ReaderLimits): ReaderLimits => ({
  queryMemoryBytes,
  queryTimeoutMs: sinkTimeoutMs,
})

export type Question = {
  /** With its FORMAT. */
  readonly sql: string
  readonly parameters: Parameters
  readonly settings: Readonly<Record<string, string | number>>
  /** After this the engine stops the query by its own clock. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** Asks the store, wherever it is: the whole answer, in memory that is the caller's own. */
export type Ask = (question: Question) => Promise<Uint8Array>

/** Questions to the store, whichever engine is behind `ask`. */
export function createReader(ask: Ask, limits: ReaderLimits): StoreReader {
  async function answer(
    sql: string,
    parameters: Parameters,
    { timeoutMs, signal, rowsToRead }: ReadOptions,
  ): Promise<Uint8Array> {
    const longestMs = timeoutMs ?? limits.queryTimeoutMs
    const settings = {
      max_execution_time: longestMs / 1000,
      max_memory_usage: String(limits.queryMemoryBytes),
      timeout_overflow_mode: 'throw',
      ...(limits.queryResultBytes === undefined
        ? {}
        : { max_result_bytes: String(limits.queryResultBytes), result_overflow_mode: 'throw' }),
      ...(rowsToRead === undefined ? {} : { max_rows_to_read: String(rowsToRead), read_overflow_mode: 'throw' }),
      // What every engine does today, whatever a server's profile says.
      output_format_json_quote_64bit_integers: 0,
      output_format_json_quote_denormals: 0,
    }
    try {
      return await ask({ sql, parameters, settings, timeoutMs: longestMs, signal })
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      throw storeTroubleOf(error)
    }
  }

  return {
    async rows<T>(sql: string, parameters = {}, options: ReadOptions = {}): Promise<T[]> {
      const bytes = await answer(`${sql}\nFORMAT JSONEachRow`, parameters, options)
      // One parse of a list is half as long as one of each line.
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
      freeMemory(bytes)
      return JSON.parse(`[${text.trimEnd().replaceAll('\n', ',')}]`) as T[]
    },
    async columns(sql, parameters = {}, options = {}) {
      const bytes = await answer(`${sql}\nFORMAT Native`, parameters, options)
      if (options.asBlocks) return { ...readNativeBlocks(bytes), free: () => freeMemory(bytes) }
      const columns = readNative(bytes)
      freeMemory(bytes)
      return columns
    },
  }
}

export async function wholeStream(stream: AsyncIterable<unknown>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(piece as Uint8Array)
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

/** Error codes of ClickHouse that are trouble of the moment and not a fault in the question. */
const troubles: Readonly<Record<string, Exclude<StoreTrouble['kind'], 'rejected'>>> = {
  '159': 'timeout',
  '160': 'timeout',
  '241': 'memory',
  // Of the answer, rows or bytes; of what is read, rows; bytes.
  '396': 'size',
  '158': 'size',
  '307': 'size',
  // Too many queries at once; a quota that is used up for the moment; shutting down.
  '202': 'unavailable',
  '201': 'unavailable',
  '236': 'unavailable',
  // The disk is full, or a write to it failed.
  '243': 'unavailable',
  '75': 'unavailable',
}

/** What a question's caller is told of an error of the client. */
export function storeTroubleOf(error: unknown): StoreTrouble {
  if (error instanceof StoreTrouble) return error
  const { code, message } = error as { code?: unknown; message: string }
  // ClickHouse's own errors carry its number as a text in `code`.
  if (typeof code !== 'string' || !/^\d+$/.test(code))
    return new StoreTrouble('unavailable', `the store cannot be reached: ${message}`, error)
  switch (troubles[code]) {
    case 'timeout':
      return new StoreTrouble('timeout', 'the store did not finish the query in time', error)
    case 'memory':
      return new StoreTrouble('memory', 'the query needed more memory than it may have', error)
    case 'size':
      return new StoreTrouble('size', 'the answer, or what it would take to read, is larger than it may be', error)
    case 'unavailable':
      return new StoreTrouble('unavailable', `the store cannot take the query now: ${message}`, error)
    default:
      return new StoreTrouble('rejected', `the store rejected the query: ${message}`, error)
  }
}

/** @throws StoreTrouble for whatever `work` throws */
export async function troubled<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storeTroubleOf(error)
  }
}
