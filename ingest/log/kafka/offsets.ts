import type { Admin } from 'kafkajs'
import type { KeptCommit } from './commit-metadata.ts'

/** Where each partition begins and ends, and what its readers committed, by partition. */
export async function readEnds(admin: Admin, topic: string): Promise<Map<number, { low: number; high: number }>> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]))
}

export async function readCommits(admin: Admin, group: string, topic: string): Promise<Map<number, KeptCommit>> {
  const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
  return new Map((answer?.partitions ?? []).map(({ partition, offset, metadata }) => [partition, { offset, metadata }]))
}
