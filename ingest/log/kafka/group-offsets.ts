import type { KeptCommit } from './commit-metadata.ts'
import type { Address, Connection } from './connection.ts'
import {
  eachPartition,
  int32,
  int64,
  oneTopic,
  requests,
  takeInt16,
  takeInt32,
  takeInt64,
  takeNullableText,
  takeText,
  textBytes,
} from './protocol.ts'

/** Which broker keeps the commits of the group. Any broker can say. @throws Error when there is none now */
export async function findCoordinator(connection: Connection, group: string): Promise<Address> {
  const answer = await connection.ask(requests.findCoordinator, [textBytes(group)])
  refuse(takeInt16(answer), `who keeps the commits of ${group}`)
  answer.at += 4
  return { host: takeText(answer), port: takeInt32(answer) }
}

/** What the group has committed of these partitions; `offset` is -1 of those of which it has nothing. @throws Error when the broker does not keep them */
export async function fetchCommits(
  connection: Connection,
  group: string,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, KeptCommit>> {
  const asked = partitions.map((partition) => int32(partition))
  const body = [textBytes(group), oneTopic(topic, partitions.length), ...asked]
  const answer = await connection.ask(requests.offsetFetch, [Buffer.concat(body)])
  const commits = new Map<number, KeptCommit>()
  eachPartition(answer, (partition) => {
    const kept = { offset: String(takeInt64(answer)), metadata: takeNullableText(answer) }
    refuse(takeInt16(answer), `what ${group} committed of partition ${partition}`)
    commits.set(partition, kept)
  })
  return commits
}

/** Offsets that the next records of these partitions get, which the broker must lead. @throws Error when it does not */
export async function fetchEnds(
  connection: Connection,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, number>> {
  const asked = partitions.flatMap((partition) => [int32(partition), int64(latest)])
  const body = [int32(-1), oneTopic(topic, partitions.length), ...asked]
  const answer = await connection.ask(requests.listOffsets, [Buffer.concat(body)])
  const ends = new Map<number, number>()
  eachPartition(answer, (partition) => {
    refuse(takeInt16(answer), `where partition ${partition} ends`)
    answer.at += 8
    ends.set(partition, takeInt64(answer))
  })
  return ends
}

/** The time that stands for a partition's end. */
const latest = -1

function refuse(error: number, what: string): void {
  if (error !== 0) throw new Error(`Kafka does not say ${what}: error ${error}`)
}
