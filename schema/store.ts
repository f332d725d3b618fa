/** What the query side needs of the store; implemented in `ingest/store`, handed over at start. */
export interface StoreReader {
  /**
   * Rows of a SELECT as objects (ClickHouse JSONEachRow: 64-bit integers as numbers, so cast to a string where they may be beyond 2^53; non-finite floats as null
   * unless converted in SQL). Parameters are bound by the server: `{name:Type}` in the text.
   */
  rows<T>(sql: string, parameters?: Parameters, options?: ReadOptions): Promise<T[]>
  /** Columns of a SELECT, bit-exact, without an object per row. */
  columns(sql: string, parameters?: Parameters, options?: ReadOptions): Promise<Columns>
}

export type ParameterValue = string | number | bigint | boolean | readonly ParameterValue[]
export type Parameters = Readonly<Record<string, ParameterValue>>

export type ReadOptions = {
  /** Gives up after this long; the query is stopped by the engine's own clock. Default: setting `QUERY_TIMEOUT_MS`. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Refused with a `StoreTrouble` of size, by the store's index, when more rows than this would have to be gone through. */
  readonly rowsToRead?: number
  /** Of large answers: `blocks` instead of columns, without a copy of what came. */
  readonly asBlocks?: boolean
  /** Begins the read as soon as it may be. For the query side alone; the store's own readers do not look at it. */
  readonly within?: <T>(read: () => Promise<T>) => Promise<T>
}

/**
 * A result as columns. Types supported: U/Int8-64, Float32/64, DateTime64 (ms as BigInt64Array), String, LowCardinality(String) cast to String by the
 * caller; and Array of the fixed-width ones, whose rows come one after the other in one flat column: the caller knows how many items each has.
 */
export type Columns = {
  readonly rows: number
  /** By column name, each `rows` long, but for arrays. */
  readonly columns: ReadonlyMap<string, Column>
  /** Only where they were asked for; then there are no columns. */
  readonly blocks?: readonly Block[]
  /** Gives the memory of `blocks` back; whoever looks into one of them afterwards has a TypeError. */
  readonly free?: () => void
}
/** Some rows of an answer as they came: of each column of fixed width its bytes, little-endian and at any address. */
export type Block = { readonly rows: number; readonly columns: ReadonlyMap<string, DataView> }
export type Column =
  | BigInt64Array
  | BigUint64Array
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Int16Array
  | Uint8Array
  | Int8Array
  | readonly string[]

/** Answers that are too large to hold. */
export interface StoreStreamer {
  /**
   * The answer to a SELECT as a file, piece by piece as the engine makes it, each in memory of the caller's own; the engine waits for a reader that is
   * slow. Settles with the first piece. Ends only when the answer is whole: what goes wrong later is thrown in the midst. Ending the iteration stops
   * the query, as the signal does.
   * @throws StoreTrouble
   */
  stream(
    sql: string,
    format: StreamFormat,
    parameters: Parameters,
    options: StreamOptions,
  ): Promise<AsyncIterableIterator<Uint8Array>>
}

export type StreamFormat = 'ArrowStream' | 'Parquet'

export type StreamOptions = {
  /** Memory the query may take, bytes. */
  readonly memoryBytes: number
  readonly signal?: AbortSignal
}

/** How far the store has come along the log, as the query side sees it. */
export interface Watermark {
  /**
   * Resolves when `current` and `currentTimeMs` say what was true `ageMs` ago or later, or when whoever knows has not answered in a moment: then they
   * say what was known before.
   */
  refresh(ageMs: number): Promise<void>
  /** Token of everything that is queryable now. */
  current(): string
  /** Wall time in ms at which the sink last had nothing left to insert, or of the newest record inserted. */
  currentTimeMs(): number
  /**
   * Resolves once every write up to `at` is queryable: points and runs, and with `summaries` the series summaries too.
   * @throws StaleToken when `at` is not a token of this deployment, WatermarkTimeout when the sink has not come so far in `timeoutMs`.
   */
  reached(at: string, options: { summaries: boolean; timeoutMs: number }): Promise<void>
}

/** How far each partition of the log is in the store. */
export type StoreProgress = {
  /** Identity of the log. */
  readonly log: string
  /** By partition, the offset of the last record whose points and runs are queryable; -1: none. */
  readonly stored: readonly number[]
  /** By partition, the same for the summaries of series and runs. */
  readonly flushed: readonly number[]
}

/** For those who follow the store instead of asking it again and again. */
export interface Progress {
  /** How far it is; it may lag what is true by a moment and never runs ahead of it. @throws StoreTrouble while that is not known */
  progress(): StoreProgress
  /** Calls back whenever it went further, until the answer is called. */
  follow(listener: () => void): () => void
}

export class StaleToken extends Error {}
export class WatermarkTimeout extends Error {}
/** The store could not answer: away, or out of time or memory, or the answer is too large. `kind` tells which. */
export class StoreTrouble extends Error {
  readonly kind: 'unavailable' | 'timeout' | 'memory' | 'size' | 'rejected'
  constructor(kind: StoreTrouble['kind'], message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}
