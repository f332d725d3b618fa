import type { Admin } from 'kafkajs'
import { type Commit, nothingCommitted, type Position } from '../log.ts'
import { decodeCommit, type KeptCommit } from './commit-metadata.ts'

/** Where each partition begins and ends, and what its readers committed, by partition. */
export async function readEnds(admin: Admin, topic: string): Promise<Map<number, { low: number; high: number }>> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]))
}

export async function readCommits(admin: Admin, group: string, topic: string): Promise<Map<number, KeptCommit>> {
  const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
  return new Map((answer?.partitions ?? []).map(({ partition, offset, metadata }) => [partition, { offset, metadata }]))
}

export async function readPositions(
  admin: Admin,
  group: string,
  topic: string,
  partitions: number,
): Promise<Position[]> {
  // The commits first: what they say is stored is then surely below the end.
  const commits = await readCommits(admin, group, topic)
  const ends = await readEnds(admin, topic)
  return Array.from({ length: partitions }, (_, partition) => {
    const kept = commits.get(partition)
    const commit: Commit = kept ? decodeCommit(kept) : nothingCommitted
    const { stored, offset: flushed, newestMs } = commit
    return { end: ends.get(partition)?.high ?? 0, stored, flushed, newestMs }
  })
}
