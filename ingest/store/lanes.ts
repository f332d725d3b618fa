import type { Store, StoreLanes } from './contract.ts'
import { createFileInserter } from './insert.ts'
import { createReader, type ReaderLimits, sinkLimits } from './reader.ts'

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
