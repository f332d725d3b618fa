/**
 * The durable queue between gateway and sink. Two implementations, the embedded log and Kafka; no caller knows which it has.
 *
 * A log has `partitions`; each is a sequence of records with offsets 0, 1, 2, … A record is opaque bytes here
 * (their layout is in `ingest/record`). One reader has a partition at a time, reads it in order, and commits how far it came.
 */
export type LogIdentity = {
  /** Identity of this log, kept for its whole life: part of every `at` token. Lower-case letters, digits and `-`, at most 64. */
  readonly id: string
  readonly partitions: number
}

/** The gateway's side. */
export interface LogWriter extends LogIdentity {
  /**
   * Appends one record and resolves with its offset once the record is durable. Appends to one partition get
   * ascending offsets in call order. `payload` must stay unchanged until the promise settles.
   * @throws Refusal `log_full`, `log_unavailable`, `shutting_down`: nothing of this record was or will be stored;
   * `outcome_unknown`: it may have been stored or may yet be.
   */
  append(partition: number, payload: Uint8Array): Promise<number>
  /**
   * While more keeps coming, a record of a partition is worth what it costs only this long after the one before it was appended,
   * ms. Absent: at once. A full record is never to wait, nor one before which there was a lull.
   */
  readonly paceMs?: number | undefined
}

/** The sink's side. */
export interface LogReader extends LogIdentity {
  /** Begins to read: from now on the handler is told which partitions are this process's to read, until the log closes. */
  subscribe(handler: PartitionHandler): Promise<void>
}

export type PartitionHandler = {
  /** The partition is this process's to read from now on. */
  assigned(partition: LogPartition): void
  /** It is not any more: every call on it fails with PartitionLost. */
  lost(partition: LogPartition): void
}

/** A partition in the hands of its reader. If it is lost and comes back, that is another object. */
export interface LogPartition {
  /** Identity of the log. */
  readonly log: string
  readonly partition: number
  /**
   * Where the readers of the partition left off; all zero and without intents when there was none.
   * @throws PartitionLost, and so do all of these
   */
  committed(): Promise<Commit>
  /** Durably replaces the commit; the log may drop records below `commit.offset`. Calls must not overlap. May wait for ever until something is read. */
  commit(commit: Commit): Promise<void>
  /**
   * The next records from `offset` on, in order and without gaps: at least one, at most about `maximumBytes`.
   * Waits while there are none, until `signal` aborts: then there may be none, and what is there already may be given or not.
   */
  read(offset: number, maximumBytes: number, signal: AbortSignal): Promise<LogRecord[]>
  /** Offset the next appended record will get, as far as known here. */
  end(): number
  /** Whether surely no other reader has the partition now, however this process was held up. It may become true again. */
  held(): boolean
  /**
   * Puts frames that cannot be stored where operators of the log look for them; the same letter twice is one. Absent: the
   * store is their only place.
   */
  bury?(letters: readonly BuriedLetter[]): Promise<void>
}

export type BuriedLetter = {
  /** The same for the same letter, also after a crash. */
  readonly key: string
  readonly value: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** Another reader has the partition now, or may have. What this reader was about to store, that one stores. */
export class PartitionLost extends Error {}

export type LogRecord = {
  readonly offset: number
  /** Valid until the reader's next call of `read`; copy what must live longer. */
  readonly payload: Uint8Array
}

/** The reader's durable position. */
export type Commit = {
  /** Records below it are not needed any more. */
  readonly offset: number
  /** Records below it are in the store; those from `offset` on are read again only to rebuild state. */
  readonly stored: number
  /**
   * What the reader is about to insert, written before it inserts it. The first begins at `stored`.
   */
  readonly intents: readonly Intent[]
  /** Arrival of the newest frame below `stored`, ms; 0: none. */
  readonly newestMs: number
}

/**
 * A range of offsets, both included. `joint`: names the block that it may be in together with ranges of other partitions; letters, digits, `-` and
 * `_`. A log of one partition has none.
 */
export type Intent = readonly [first: number, last: number, joint?: string]

export const nothingCommitted: Commit = { offset: 0, stored: 0, intents: [], newestMs: 0 }

export type LogStats = {
  readonly bytes: number
  readonly bytesLimit: number
  readonly records: number
  readonly appends: number
  readonly syncs: number
}

/** How far the readers of a partition have come, as any process can see it. */
export type Position = {
  /** Offset the next appended record will get. */
  readonly end: number
  /** Records below it are in the store. */
  readonly stored: number
  /** Records below it are in the stored summaries too. */
  readonly flushed: number
  /** Arrival of the newest frame that is stored, ms; 0: none. */
  readonly newestMs: number
}

/** For processes that neither write nor read the log but must know how far it was read: the query servers. */
export interface LogPositions extends LogIdentity {
  /** Of every partition, by its number, as they are now. @throws Refusal `log_unavailable` */
  positions(): Promise<readonly Position[]>
}
