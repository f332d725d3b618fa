import type { Commit, LogIdentity, LogPartition } from '../log/log.ts'
import { type Trying, untilReached } from '../store/ready.ts'
import type { Store } from '../store/store.ts'
import type { TableRows } from './rows.ts'

type SourceStore = Pick<Store, 'sinkReader' | 'insertBlock'>

/**
 * Ties the store to its log, as soon as it can be reached. The store's rows carry positions of that log, and a record at a position that a row already
 * covers is taken as stored; in another log that would lose points.
 * @throws Error when the store was fed by another log
 */
export async function claimSource(store: SourceStore, log: LogIdentity, trying: Trying): Promise<void> {
  await untilReached(() => claim(store, log), trying)
}

async function claim(store: SourceStore, { id }: LogIdentity): Promise<void> {
  if ((await findSource(store, id)) === 'this') return
  await store.insertBlock('sources', 1, [{ name: 'log', type: 'String', data: [id] }])
  // Somebody else may have come first, with another log.
  await findSource(store, id)
}

async function findSource(store: SourceStore, id: string): Promise<'this' | 'none'> {
  const rows = await store.sinkReader.rows<{ log: string }>('SELECT log FROM sources')
  const other = rows.find((row) => row.log !== id)
  if (other) {
    throw new Error(
      `this store was fed by log ${other.log}, but the log here is ${id}: was the log's folder removed? With Kafka: was the topic made anew? ` +
        'Put it back, or begin anew with an empty store (all in one: remove the whole DATA_DIR).',
    )
  }
  return rows.length > 0 ? 'this' : 'none'
}

/** The log has forgotten how far the partition was read, so reading it from the start would store everything a second time. */
export class CommitsLost extends Error {}

/** Whether the partition was ever stored here: a row says so from before its first insert on. To be asked before its commit is read. */
export async function partitionIsKnown(store: SourceStore, { log, partition }: LogPartition): Promise<boolean> {
  const rows = await store.sinkReader.rows<{ log: string; partition: number }>(
    'SELECT log, partition FROM source_partitions WHERE log = {log:String} AND partition = {partition:UInt32}',
    { log, partition },
  )
  return rows.length > 0
}

/** @throws CommitsLost when a partition that was stored has no commit, though one comes before its row */
export function checkCommits({ log, partition }: LogPartition, known: boolean, commit: Commit): void {
  if (!known || commit.offset > 0 || commit.stored > 0 || commit.intents.length > 0) return
  throw new CommitsLost(
    `partition ${partition} of log ${log} was stored here before, but the log has no commit of it: was the topic made anew, ` +
      "did the group's offsets expire, or is KAFKA_GROUP another one? Restore the group's offsets, or begin anew with a new topic and an empty store.",
  )
}

/** The row that says so. */
export function partitionRows({ log, partition }: LogPartition): TableRows {
  return {
    table: 'source_partitions',
    rows: 1,
    columns: [
      { name: 'log', type: 'String', data: [log] },
      { name: 'partition', type: 'UInt32', data: Uint32Array.of(partition) },
    ],
  }
}
