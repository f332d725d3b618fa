import type { Parameters, StoreReader, StoreStreamer } from '../../schema/store.ts'
import type { BlockInserter } from './insert.ts'
import type { Ask } from './reader.ts'

/** The ways of a sink to the engine of its process, one for each kind of work: what waits on one holds up none of the others. */
export type StoreLanes = {
  /** Runs a statement that inserts. */
  insert(sql: string): Promise<void>
  /** Look-ups that the sink needs to go on. */
  readonly lookUp: Ask
  /** What neither inserts nor look-ups are to wait for. */
  readonly background: { readonly ask: Ask; command(sql: string, parameters?: Parameters): Promise<void> }
}

/** The store as the sink and the start-up know it: embedded (`store.ts`) or on a server (`remote.ts`). */
export type Store = BlockInserter & {
  readonly reader: StoreReader
  /** For the sink's own look-ups: sessions apart from the questions of users, so that those cannot hold it up. */
  readonly sinkReader: StoreReader
  /** Answers that go out as they are made, from sessions of their own: they take as long as their readers. */
  readonly streamer: StoreStreamer
  /** Runs a statement that answers nothing. */
  command(sql: string, parameters?: Parameters): Promise<void>
  /** The same for work in the background, which neither inserts nor questions are to wait for. */
  readonly background: { readonly reader: StoreReader; command(sql: string, parameters?: Parameters): Promise<void> }
  /** Of an engine in this process: the ways to it for a thread that has none. Absent: the store is a server, which every thread can reach. */
  readonly lanes?: StoreLanes
}
