import type { BlockInserter } from '../store/insert.ts'
import type { Store } from '../store/store.ts'

/** What sinks need of the store. */
export type SinkStore = Pick<Store, 'sinkReader'> & Pick<BlockInserter, 'insertBlock'>
