import { inTime } from '../../../schema/at-most.ts'
import type { Address } from './connection.ts'
import { createKafkaClient, impatient, type KafkaOptions } from './options.ts'

/** Which broker leads which partition of a topic. */
export type Leaders = {
  /** @throws Error when Kafka does not say, or there is no leader now */
  of(partition: number): Promise<Address>
  /** What is known is not true any more. */
  forget(): void
}

const lookupMs = 8_000

export function createLeaders(topic: string, options: KafkaOptions): Leaders {
  const kafka = createKafkaClient(options, impatient)
  let known: Promise<Map<number, Address>> | undefined

  /** Over a connection of its own: it is needed once an hour, and kafkajs keeps a timer of a millisecond for each that is open. */
  async function lookUp(): Promise<Map<number, Address>> {
    const admin = kafka.admin()
    try {
      await admin.connect()
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      const { brokers } = await admin.describeCluster()
      const addresses = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
      const leaders = new Map<number, Address>()
      for (const { partitionId, leader } of topics[0]?.partitions ?? []) {
        const address = addresses.get(leader)
        if (address) leaders.set(partitionId, address)
      }
      return leaders
    } finally {
      void admin.disconnect().catch(() => {})
    }
  }

  return {
    async of(partition) {
      if (!known) {
        const fresh = inTime(lookUp(), lookupMs, `Kafka does not say in ${lookupMs} ms who leads ${topic}`)
        known = fresh
        fresh.catch(() => {
          if (known === fresh) known = undefined
        })
      }
      const address = (await known).get(partition)
      if (!address) throw new Error(`partition ${partition} of ${topic} has no leader`)
      return address
    },
    forget() {
      known = undefined
    },
  }
}
