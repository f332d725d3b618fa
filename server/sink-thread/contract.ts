import type { Commit } from '../../ingest/log/log.ts'
import type { Question } from '../../ingest/store/reader.ts'
import type { Parameters } from '../../schema/store.ts'
import type { Settings } from '../settings.ts'
import type { SentError } from './channel.ts'

/** What the thread is made with. */
export type ThreadData = {
  readonly settings: Settings
  /** Of `LateWrites`, which questions look at in the main thread. */
  readonly lateWrites: SharedArrayBuffer | undefined
}

/** Records that follow on each other, handed over. */
export type SentRecords = {
  /** Offset of the first. */
  readonly first: number
  readonly lengths: readonly number[]
  /** Their payloads one after the other, from 0 on. */
  readonly memory: ArrayBuffer
  /** Offset that the log's next record will get. */
  readonly end: number
}

/** How far a sink that serves its partition is. */
export type Served = {
  readonly partition: number
  readonly stored: number
  readonly flushed: number
  readonly newestMs: number
}

export type Status = {
  readonly served: readonly Served[]
  readonly faults: readonly { readonly partition: number; readonly error: SentError }[]
}

/** Questions of a sink, by whom they may hold up. */
export type AskLane = 'lookUp' | 'background'

/** What the thread may call in the main one: the embedded log and the embedded engine, where the settings name no others. */
export type MainSide = {
  committed(): Promise<Commit>
  commit(commit: Commit): Promise<void>
  /** `memory`: of an answer before, to be used again. */
  read(offset: number, maximumBytes: number, memory: ArrayBuffer | undefined): Promise<SentRecords | undefined>
  /** Ends the read that waits. */
  endRead(): void | Promise<void>
  ask(lane: AskLane, question: Question): Promise<Uint8Array>
  insert(sql: string): Promise<void>
  command(sql: string, parameters: Parameters | undefined): Promise<void>
  /** Tells how far the sinks are, at every change. */
  tell(status: Status): void
}

/** Of it the embedded log. */
export type LogSide = Pick<MainSide, 'committed' | 'commit' | 'read' | 'endRead'>

/** What the main thread may call in the thread. */
export type ThreadSide = {
  /** Opens what the sinks need and begins to read. Resolves when each partition at hand is read or has failed to once. `log`: the embedded one. */
  start(log: { readonly id: string; readonly partitions: number } | undefined): Promise<void>
  /** As of a sink. */
  reached(partition: number, offset: number, summaries: boolean): Promise<void>
  /** In Prometheus' text format. `end`: of the embedded log. */
  metrics(end: number): Promise<string>
  /** The process is to stop: ends the waiting of what is still coming up. */
  abort(): void
  /** Has the sinks insert what they have read, store the summaries and commit. */
  stop(): Promise<void>
}
