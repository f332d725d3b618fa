import { fenceRuns } from '../../schema/fence.ts'
import type { LogPartition } from '../log/log.ts'
import type { BlockColumn } from '../store/native-block.ts'
import type { SinkStore } from './sink-store.ts'
import type { KeepTrying } from './trying.ts'

/** The token of a block in which ranges of several partitions are. */
export function jointToken(log: string, joint: string): string {
  return `${log}:joint:${joint}`
}

type FenceParts = { readonly store: SinkStore; readonly partition: LogPartition }

/**
 * Settles what became of a joint block: once this is stored the block is either in the store or never will be, for the store takes one block under
 * a token. Each server of a store decides for itself, so there is a row for each of them; they are of runs that nobody has.
 * Doing it again changes nothing.
 */
export function createFence(
  { store, partition }: FenceParts,
  keepTrying: KeepTrying,
): (joint: string) => Promise<void> {
  return (joint) =>
    keepTrying('settle joint points', () =>
      store.insertBlock('points', fenceRuns, fenceColumns(), jointToken(partition.log, joint)),
    )
}

function fenceColumns(): BlockColumn[] {
  const zeros = new BigUint64Array(fenceRuns)
  return [
    { name: 'run', type: 'UInt64', data: BigUint64Array.from(zeros, (_, run) => BigInt(run)) },
    { name: 'metric', type: 'UInt64', data: zeros },
    { name: 'step', type: 'Int64', data: new BigInt64Array(fenceRuns) },
    { name: 'time', type: "DateTime64(3, 'UTC')", data: new BigInt64Array(fenceRuns) },
    { name: 'code', type: 'UInt64', data: zeros },
    { name: 'ord', type: 'UInt64', data: zeros },
  ]
}
