import type { Parameters } from '../../schema/store.ts'
import type { Store } from './contract.ts'
import { createFileInserter } from './insert.ts'
import { type Ask, createReader, type ReaderLimits, sinkLimits } from './reader.ts'

/** The ways of a sink to the engine of its process, one for each kind of work: what waits on one holds up none of the others. */
export type StoreLanes = {
  /** Runs a statement that inserts. */
  insert(sql: string): Promise<void>
  /** Look-ups that the sink needs to go on. */
  readonly lookUp: Ask
  /** What neither inserts nor look-ups are to wait for. */
  readonly background: { readonly ask: Ask; command(sql: string, parameters?: Parameters): Promise<void> }
}

/** What sinks need of a store. */
export type SinkStore = Pick<Store, 'sinkReader' | 'insertBlock' | 'background' | 'close'>

/** The sinks' side of the store, made of ways to its engine: in the engine's own thread or another one of the process. */
export function createSinkStore(lanes: StoreLanes, options: ReaderLimits & { readonly dataDir: string }): SinkStore {
  const limits = sinkLimits(options)
  const { insertBlock, close } = createFileInserter(lanes.insert, options.dataDir)
  return {
    sinkReader: createReader(lanes.lookUp, limits),
    insertBlock,
    background: {
      reader: createReader(lanes.background.ask, limits),
      command: lanes.background.command,
    },
    close,
  }
}
