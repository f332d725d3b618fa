import { createHash } from 'node:crypto'
import kafkajs, { type Admin } from 'kafkajs'
import { limits } from '../../../schema/limits.ts'
import type { KafkaOptions } from './options.ts'
import { kafkaErrorType, LogMisfit } from './trouble.ts'

/** A record that one large frame fills, and what Kafka adds. */
export const messageBytes = limits.frameLoggedBytes + limits.recordBytes

export const deadLetterTopic = (topic: string): string => `${topic}.dead-letters`

/** Identity of the log: of this cluster and this topic. A topic made anew is found out by its commits, see `ingest/sink/source.ts`. */
export async function logIdentity(admin: Admin, topic: string): Promise<string> {
  const { clusterId } = await admin.describeCluster()
  return createHash('sha256').update(`${clusterId}\0${topic}`).digest('hex').slice(0, 32)
}

/** Makes the topics that are not there and checks those that are. @throws LogMisfit naming everything that does not fit */
export async function ensureTopics(admin: Admin, options: KafkaOptions): Promise<void> {
  await ensureTopic(admin, options, options.topic, options.partitions, recordSettings(options))
  await ensureTopic(admin, options, deadLetterTopic(options.topic), 1, letterSettings)
}

type Setting = {
  readonly name: string
  readonly value: string
  readonly fits: (value: string) => boolean
  /** Completes "the topic's <name> is <value>, but …". */
  readonly because: string
}

const equal = (value: string) => (found: string) => found === value
const atLeast = (value: number) => (found: string) => Number(found) >= value

const roomFor = (what: string): Setting => ({
  name: 'max.message.bytes',
  value: String(messageBytes),
  fits: atLeast(messageBytes),
  because: `the largest ${what} has ${messageBytes} bytes`,
})

/** The clock of whoever writes may be wrong, and Kafka refuses what comes from the future. */
const brokersTime = (what: string, writer: string): Setting => ({
  name: 'message.timestamp.type',
  value: 'LogAppendTime',
  fits: equal('LogAppendTime'),
  because: `${what}s of a ${writer} whose clock is wrong would be refused`,
})

function recordSettings({ minimumInsync }: KafkaOptions): readonly Setting[] {
  return [
    roomFor('record'),
    { name: 'cleanup.policy', value: 'delete', fits: equal('delete'), because: 'compacting would drop points' },
    {
      name: 'retention.ms',
      value: '-1',
      fits: equal('-1'),
      because: 'records that are not stored yet would be deleted; the sinks delete those that are stored',
    },
    {
      name: 'retention.bytes',
      value: '-1',
      fits: equal('-1'),
      because: 'records that are not stored yet would be deleted',
    },
    {
      name: 'min.insync.replicas',
      value: String(minimumInsync),
      fits: atLeast(minimumInsync),
      because: `KAFKA_MIN_INSYNC asks for ${minimumInsync}`,
    },
    {
      name: 'unclean.leader.election.enable',
      value: 'false',
      fits: equal('false'),
      because: 'acknowledged records could be lost',
    },
    brokersTime('record', 'gateway'),
  ]
}

const letterSettings: readonly Setting[] = [
  roomFor('letter'),
  // A letter that is written again after a crash has the same key.
  { name: 'cleanup.policy', value: 'compact', fits: equal('compact'), because: 'letters are kept, each once' },
  brokersTime('letter', 'sink'),
]

async function ensureTopic(
  admin: Admin,
  options: KafkaOptions,
  topic: string,
  partitions: number,
  settings: readonly Setting[],
): Promise<void> {
  const { replication } = options
  if (!(await admin.listTopics()).includes(topic)) {
    const configEntries = settings.map(({ name, value }) => ({ name, value }))
    const wanted = { topic, numPartitions: partitions, replicationFactor: replication, configEntries }
    try {
      if (await admin.createTopics({ topics: [wanted], waitForLeaders: true })) {
        options.logger.info({ topic, partitions, replication }, 'topic made')
      }
    } catch (error) {
      if (kafkaErrorType(error) === 'INVALID_REPLICATION_FACTOR') {
        throw new LogMisfit(`topic ${topic}: KAFKA_REPLICATION is ${replication}, but there are fewer brokers`)
      }
      throw error
    }
  }
  const faults = [
    ...(await faultsOfShape(admin, topic, partitions, replication)),
    ...(await faultsOfSettings(admin, topic, settings)),
  ]
  if (faults.length > 0) throw new LogMisfit(`the topic ${topic} does not fit:\n  ${faults.join('\n  ')}`)
}

async function faultsOfShape(admin: Admin, topic: string, partitions: number, replication: number): Promise<string[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const found = topics[0]!.partitions
  const faults: string[] = []
  if (found.length !== partitions) {
    faults.push(
      `it has ${found.length} partitions, but ${partitions} are asked for (KAFKA_PARTITIONS): ` +
        'a run must stay in its partition, so their number cannot change; set it to what the topic has',
    )
  }
  const replicas = Math.min(...found.map((partition) => partition.replicas.length))
  if (replicas < replication) {
    faults.push(`it has ${replicas} replicas, but KAFKA_REPLICATION asks for ${replication}`)
  }
  return faults
}

async function faultsOfSettings(admin: Admin, topic: string, settings: readonly Setting[]): Promise<string[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [
      { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: settings.map(({ name }) => name) },
    ],
  })
  const found = new Map(resources[0]!.configEntries.map((entry) => [entry.configName, entry.configValue]))
  return settings
    .filter(({ name, fits }) => !fits(found.get(name) ?? ''))
    .map(
      ({ name, value, because }) =>
        `its ${name} is ${found.get(name)}, but ${because}; ` +
        `kafka-configs.sh --alter --topic ${topic} --add-config ${name}=${value}`,
    )
}
