import { inTime } from '../../../schema/at-most.ts'
import { Refusal } from '../../../schema/errors.ts'
import { type LogPositions, nothingCommitted, type Position } from '../log.ts'
import { decodeCommit } from './commit-metadata.ts'
import type { Address } from './connection.ts'
import { createConnections, nameOf } from './connections.ts'
import { fetchCommits, fetchEnds, findCoordinator } from './group-offsets.ts'
import { createLeaders } from './leaders.ts'
import type { KafkaOptions } from './options.ts'
import { prepareTopics } from './writer.ts'

export type KafkaPositions = LogPositions & { close(): Promise<void> }

/** Beyond, the brokers are asked over new connections, wherever they are by then. */
const answerMs = 1_500

/**
 * How far the sinks are, from their commits: two requests a look where one broker has all. Waits for a Kafka that is away.
 * @throws LogMisfit when the topic is not as asked for
 */
export async function openKafkaPositions(options: KafkaOptions): Promise<KafkaPositions> {
  const { topic, group, logger } = options
  const id = await prepareTopics(options)
  const partitions = Array.from({ length: options.partitions }, (_, partition) => partition)
  const connections = createConnections(options)
  const leaders = createLeaders(topic, options)
  let coordinator: Address | undefined

  async function look(): Promise<Position[]> {
    coordinator ??= await findCoordinator(await connections.to(await leaders.of(0)), group)
    // The commits first: what they say is stored is then surely below the end.
    const commits = await fetchCommits(await connections.to(coordinator), group, topic, partitions)
    const ends = await endsOf()
    return partitions.map((partition) => {
      const kept = commits.get(partition)
      const { stored, offset: flushed, newestMs } = kept ? decodeCommit(kept) : nothingCommitted
      return { end: ends.get(partition)!, stored, flushed, newestMs }
    })
  }

  async function endsOf(): Promise<Map<number, number>> {
    const led = new Map<string, { readonly address: Address; readonly partitions: number[] }>()
    for (const partition of partitions) {
      const address = await leaders.of(partition)
      const name = nameOf(address)
      if (!led.has(name)) led.set(name, { address, partitions: [] })
      led.get(name)!.partitions.push(partition)
    }
    const ends = await Promise.all(
      [...led.values()].map(async ({ address, partitions }) =>
        fetchEnds(await connections.to(address), topic, partitions),
      ),
    )
    return new Map(ends.flatMap((some) => [...some]))
  }

  return {
    id,
    partitions: options.partitions,
    async positions() {
      try {
        return await inTime(look(), answerMs, `no answer in ${answerMs} ms`)
      } catch (error) {
        logger.debug({ err: error }, 'reading the positions failed')
        connections.drop()
        leaders.forget()
        coordinator = undefined
        throw new Refusal('log_unavailable', 'Kafka does not say how far the sinks are', error)
      }
    },
    async close() {
      connections.close()
    },
  }
}
