/**
 * The durable queue between gateway and sink. Two implementations, the embedded log and Kafka; no caller knows which it has.
 *
 * A log has `partitions`; each is a sequence of records with offsets 0, 1, 2, … A record is opaque bytes here
 * (their layout is `schema/record.ts`). One sink reads a partition, in order, and commits how far it came.
 */
export interface Log {
  /** Identity of this log, kept for its whole life: part of every `at` token. Lower-case letters, digits and `-`, at most 64. */
  readonly id: string
  readonly partitions: number
  /**
   * Appends one record and resolves with its offset once the record is durable. Appends to one partition get
   * ascending offsets in call order. `payload` must stay unchanged until the promise settles.
   * @throws Refusal `log_full`, `log_unavailable`, `shutting_down`: nothing of this record was or will be stored.
   */
  append(partition: number, payload: Uint8Array): Promise<number>
  /** Where the reader of a partition left off. */
  committed(partition: number): Promise<Commit>
  /** Durably replaces the commit of a partition; the log may drop records below `commit.offset`. Calls for one partition must not overlap. */
  commit(partition: number, commit: Commit): Promise<void>
  /**
   * The next records of a partition from `offset` on, in order and without gaps: at least one, at most about `maximumBytes`.
   * Waits while there are none; resolves with an empty list when `signal` aborts.
   */
  read(partition: number, offset: number, maximumBytes: number, signal: AbortSignal): Promise<LogRecord[]>
  /** Offset the next appended record of a partition will get, as far as durable records go. */
  end(partition: number): number
  /** Bytes and records held, for `/metrics`. */
  stats(): LogStats
  /** Stops taking appends, waits for those under way, releases every file. */
  close(): Promise<void>
}

export type LogRecord = {
  readonly offset: number
  /** Valid until the reader's next call of `read`; copy what must live longer. */
  readonly payload: Uint8Array
}

/**
 * The reader's durable position. Records below `offset` are not needed any more. `intents` are the offset ranges
 * `[first, last]` (both included) that the reader is about to insert, written before it inserts them; records from
 * `offset` up to the first intent are already in the store and are read again only to rebuild state.
 */
export type Commit = {
  readonly offset: number
  readonly intents: readonly (readonly [first: number, last: number])[]
}

export type LogStats = {
  readonly bytes: number
  readonly bytesLimit: number
  readonly records: number
  readonly appends: number
  readonly syncs: number
}
