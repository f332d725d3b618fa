import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { kafkaTestOptions } from '../../../infra/kafka/fixture.ts'
import { type KafkaCluster, startKafka } from '../../../infra/kafka/launcher.ts'
import { createLogger } from '../../../telemetry/logger.ts'
import { until } from '../../../test/harness.ts'
import { type LogPartition, type LogReader, nothingCommitted, PartitionLost } from '../log.ts'
import type { KafkaOptions } from './options.ts'
import { openKafkaPositions } from './positions.ts'
import { type KafkaReader, openKafkaReader } from './reader.ts'
import { LogDamaged, LogMisfit } from './trouble.ts'
import { openKafkaWriter } from './writer.ts'

const options = await kafkaTestOptions()
const never = new AbortController().signal
let cluster: KafkaCluster
let directory: string

if (!options.skip) {
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stepstream-kafka-log-'))
    cluster = await startKafka({ directory })
  })
  after(async () => {
    await cluster?.stop()
    await rm(directory, { recursive: true, force: true })
  })
}

let topics = 0
function settings(changes: Partial<KafkaOptions> = {}): KafkaOptions {
  topics++
  return {
    ...{ brokers: cluster.bootstrap, topic: `t${topics}`, group: `g${topics}`, partitions: 3, replication: 1 },
    ...{ minimumInsync: 1, retentionHours: undefined, sessionTimeoutMs: 6_000, tls: false, sasl: undefined },
    ...{ logger: createLogger(process.env.LOG_LEVEL ?? 'silent') },
    ...changes,
  }
}

/** Raw access, as a stranger has it. */
const stranger = () => new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING })

type Hand = { readonly partitions: Map<number, LogPartition>; readonly lost: number[] }

async function take(reader: LogReader): Promise<Hand> {
  const hand: Hand = { partitions: new Map(), lost: [] }
  await reader.subscribe({
    assigned: (partition) => hand.partitions.set(partition.partition, partition),
    lost(partition) {
      hand.lost.push(partition.partition)
      if (hand.partitions.get(partition.partition) === partition) hand.partitions.delete(partition.partition)
    },
  })
  return hand
}

/** A reader of a topic with one partition, which it has. */
async function holdOne(given: KafkaOptions): Promise<{ reader: KafkaReader; partition: LogPartition }> {
  const reader = await openKafkaReader(given)
  const hand = await take(reader)
  await until('it is here', () => hand.partitions.size === 1)
  return { reader, partition: hand.partitions.get(0)! }
}

const bytes = (text: string) => Buffer.from(text)

async function readTexts(partition: LogPartition, from: number, count: number): Promise<string[]> {
  const texts: string[] = []
  for (let offset = from; texts.length < count; ) {
    const records = await partition.read(offset, 1_000_000, AbortSignal.timeout(15_000))
    if (records.length === 0) throw new Error(`only ${texts.length} of ${count} records came`)
    for (const record of records) {
      assert.equal(record.offset, offset++)
      texts.push(String(record.payload))
    }
  }
  return texts
}

test(
  'records come back in order, by partition, and the commit with its intents outlives its reader',
  options,
  async () => {
    const given = settings()
    const writer = await openKafkaWriter(given)
    for (let i = 0; i < 30; i++) assert.equal(await writer.append(i % 3, bytes(`record ${i}`)), Math.floor(i / 3))
    const reader = await openKafkaReader(given)
    assert.equal(reader.id, writer.id)
    assert.match(reader.id, /^[0-9a-z-]{1,64}$/)
    const hand = await take(reader)
    await until('the partitions are here', () => hand.partitions.size === 3)
    const commit = {
      offset: 2,
      stored: 4,
      newestMs: 1_700_000_000_123,
      intents: [[4, 7] as const, [8, 9, 'a-_9'] as const],
    }
    for (const [number, partition] of hand.partitions) {
      assert.deepEqual(await partition.committed(), nothingCommitted)
      const expected = Array.from({ length: 10 }, (_, i) => `record ${3 * i + number}`)
      assert.deepEqual(await readTexts(partition, 0, 10), expected)
      assert.deepEqual(await readTexts(partition, 6, 4), expected.slice(6), 'again from an earlier one')
      assert.equal(partition.end(), 10)
      assert.ok(partition.held())
      await partition.commit(commit)
    }
    const positions = await openKafkaPositions(given)
    assert.deepEqual(
      await positions.positions(),
      Array(3).fill({ end: 10, stored: 4, flushed: 2, newestMs: commit.newestMs }),
    )
    const [first] = [...hand.partitions.values()]
    // Of several at once, which share a request, each has its own.
    const each = (number: number) => ({ ...commit, newestMs: commit.newestMs + number })
    await Promise.all([...hand.partitions].map(([number, partition]) => partition.commit(each(number))))
    await reader.close()
    await assert.rejects(first!.commit(commit), PartitionLost)
    await assert.rejects(first!.read(10, 1, never), PartitionLost)
    assert.equal(first!.held(), false)

    const again = await openKafkaReader(given)
    const secondHand = await take(again)
    await until('the partitions are here again', () => secondHand.partitions.size === 3)
    for (const [number, partition] of secondHand.partitions) {
      assert.deepEqual(await partition.committed(), each(number))
      assert.equal((await readTexts(partition, 2, 8)).length, 8)
    }
    const reading = secondHand.partitions.get(1)!.read(10, 1_000, never)
    await writer.append(1, bytes('late'))
    assert.equal(String((await reading)[0]!.payload), 'late')
    const stop = new AbortController()
    const waiting = secondHand.partitions.get(2)!.read(10, 1_000, stop.signal)
    stop.abort()
    assert.deepEqual(await waiting, [])
    await Promise.all([again.close(), writer.close(), positions.close()])
  },
)

test(
  'a second reader takes its share, the first keeps its own without a break, and gets the rest back',
  options,
  async () => {
    const given = settings({ partitions: 4 })
    const writer = await openKafkaWriter(given)
    const first = await openKafkaReader(given)
    const mine = await take(first)
    await until('all are here', () => mine.partitions.size === 4)
    const before = new Map(mine.partitions)
    for (let p = 0; p < 4; p++) await writer.append(p, bytes(`a${p}`))
    for (const partition of before.values()) {
      await partition.committed()
      await readTexts(partition, 0, 1)
      await partition.commit({ offset: 1, stored: 1, newestMs: 5, intents: [] })
    }
    const second = await openKafkaReader(given)
    const theirs = await take(second)
    await until('half are there', () => theirs.partitions.size === 2 && mine.partitions.size === 2, 20_000)
    for (const [number, partition] of before) {
      await writer.append(number, bytes(`b${number}`))
      const kept = mine.partitions.has(number)
      const holder = kept ? partition : theirs.partitions.get(number)!
      if (kept) assert.equal(mine.partitions.get(number), partition, 'the same, with what its sink knows')
      else {
        await assert.rejects(partition.commit({ offset: 2, stored: 2, newestMs: 5, intents: [] }), PartitionLost)
        assert.deepEqual(await holder.committed(), { offset: 1, stored: 1, newestMs: 5, intents: [] })
      }
      assert.deepEqual(await readTexts(holder, 1, 1), [`b${number}`])
      await holder.commit({ offset: 1, stored: 2, newestMs: 6, intents: [] })
      assert.ok(holder.held())
    }
    await second.close()
    await until('all are back', () => mine.partitions.size === 4, 20_000)
    for (const partition of mine.partitions.values()) {
      assert.deepEqual(await partition.committed(), { offset: 1, stored: 2, newestMs: 6, intents: [] })
    }
    await Promise.all([first.close(), writer.close()])
  },
)

test('a topic that does not fit is refused, with everything that is wrong', options, async () => {
  const given = settings()
  await (await openKafkaWriter(given)).close()
  await assert.rejects(openKafkaWriter({ ...given, partitions: 5 }), (error: Error) => {
    assert.ok(error instanceof LogMisfit)
    assert.match(error.message, /it has 3 partitions, but 5 are asked for \(KAFKA_PARTITIONS\)/)
    return true
  })
  const admin = stranger().admin()
  await admin.connect()
  const foreign = settings()
  await admin.createTopics({
    topics: [
      {
        ...{ topic: foreign.topic, numPartitions: 3, replicationFactor: 1 },
        configEntries: [
          { name: 'retention.ms', value: '1000' },
          { name: 'max.message.bytes', value: '1000' },
          { name: 'cleanup.policy', value: 'compact' },
        ],
      },
    ],
  })
  await assert.rejects(openKafkaReader({ ...foreign, replication: 2 }), (error: Error) => {
    for (const part of [
      'retention.ms is 1000',
      'max.message.bytes is 1000',
      'cleanup.policy is compact',
      '1 replicas',
    ]) {
      assert.ok(error.message.includes(part), `${part} in ${error.message}`)
    }
    return error instanceof LogMisfit
  })
  await assert.rejects(
    openKafkaWriter(settings({ replication: 3 })),
    /KAFKA_REPLICATION is 3, but there are fewer brokers/,
  )
  await admin.disconnect()
})

test(
  'records that are gone and commits of strangers stop the reading instead of being passed over',
  options,
  async () => {
    const given = settings({ partitions: 1 })
    const writer = await openKafkaWriter(given)
    for (let i = 0; i < 10; i++) await writer.append(0, bytes(`${i}`))
    const admin = stranger().admin()
    await admin.connect()
    await admin.fetchTopicOffsets(given.topic)
    await admin.deleteTopicRecords({ topic: given.topic, partitions: [{ partition: 0, offset: '4' }] })
    const { reader, partition } = await holdOne(given)
    await assert.rejects(partition.read(0, 1, never), LogDamaged)
    await assert.rejects(partition.read(11, 1, never), LogDamaged)
    assert.deepEqual(await readTexts(partition, 4, 6), ['4', '5', '6', '7', '8', '9'])
    await reader.close()
    await admin.setOffsets({ groupId: given.group, topic: given.topic, partitions: [{ partition: 0, offset: '4' }] })
    const again = await openKafkaReader(given)
    const secondHand = await take(again)
    await until('it is here again', () => secondHand.partitions.size === 1)
    await assert.rejects(secondHand.partitions.get(0)!.committed(), /was not made by a sink/)
    await Promise.all([again.close(), writer.close(), admin.disconnect()])
  },
)

test('a broker killed under appends stores each record once, and readers and commits go on', options, async () => {
  const given = settings({ partitions: 2 })
  const writer = await openKafkaWriter(given)
  const reader = await openKafkaReader(given)
  const positions = await openKafkaPositions(given)
  const nothing = { end: 0, stored: 0, flushed: 0, newestMs: 0 }
  await until('the positions are known', () =>
    positions.positions().then(
      () => true,
      () => false,
    ),
  )
  assert.deepEqual(await positions.positions(), [nothing, nothing])
  const hand = await take(reader)
  await until('both are here', () => hand.partitions.size === 2)
  const offsets: number[][] = [[], []]
  let writing = true
  const writers = [0, 1].map(async (p) => {
    for (let i = 0; writing; i++) offsets[p]!.push(await writer.append(p, bytes(`${p}:${i}`)))
  })
  for (let kill = 0; kill < 2; kill++) {
    await sleep(500)
    await cluster.brokers[0]!.kill()
    await assert.rejects(positions.positions(), /does not say how far the sinks are/)
    await sleep(300)
    await cluster.brokers[0]!.start()
  }
  await sleep(500)
  writing = false
  await Promise.all(writers)
  for (const p of [0, 1]) {
    const count = offsets[p]!.length
    assert.deepEqual(
      offsets[p],
      Array.from({ length: count }, (_, i) => i),
      'no offset between belongs to a copy',
    )
    const current = () => hand.partitions.get(p)!
    assert.deepEqual(
      await readTexts(current(), 0, count),
      Array.from({ length: count }, (_, i) => `${p}:${i}`),
    )
    assert.equal(current().end(), count)
    // On a busy machine the group takes its time to come together again, and the partition may come back as new: then it is read first, as a sink does.
    async function isCommitted(): Promise<boolean> {
      const partition = current()
      try {
        await readTexts(partition, 0, count)
        await partition.commit({ offset: count, stored: count, newestMs: 1, intents: [] })
        return true
      } catch {
        return false
      }
    }
    await until('a commit is taken', isCommitted, 40_000)
  }
  const ends = offsets.map(({ length }) => ({ end: length, stored: length, flushed: length, newestMs: 1 }))
  assert.deepEqual(await positions.positions(), ends)
  await Promise.all([reader.close(), writer.close(), positions.close()])
})

test('letters reach their topic, each under its key', options, async () => {
  const given = settings({ partitions: 1 })
  const { reader, partition } = await holdOne(given)
  await partition.bury!([{ key: '0-5-1', value: bytes('frame'), headers: { reason: 'key_collision' } }])
  const consumer = stranger().consumer({ groupId: `letters-${given.group}` })
  await consumer.connect()
  await consumer.subscribe({ topics: [`${given.topic}.dead-letters`], fromBeginning: true })
  const found: string[][] = []
  await consumer.run({
    async eachMessage({ message }) {
      found.push([String(message.key), String(message.value), String(message.headers?.reason)])
    },
  })
  await until('the letter came', () => found.length > 0, 20_000)
  assert.deepEqual(found, [['0-5-1', 'frame', 'key_collision']])
  await Promise.all([consumer.disconnect(), reader.close()])
})

test('what is stored is deleted from Kafka, what is not stays', options, async () => {
  const given = settings({ partitions: 1, trimIntervalMs: 0 })
  const writer = await openKafkaWriter(given)
  for (let i = 0; i < 10; i++) await writer.append(0, bytes(`${i}`))
  const { reader, partition } = await holdOne(given)
  await readTexts(partition, 0, 10)
  await partition.commit({ offset: 6, stored: 8, newestMs: 1, intents: [[8, 9]] })
  const admin = stranger().admin()
  await admin.connect()
  await until('it is deleted', async () => (await admin.fetchTopicOffsets(given.topic))[0]!.low === '6')
  assert.deepEqual(await readTexts(partition, 6, 4), ['6', '7', '8', '9'])
  await Promise.all([admin.disconnect(), reader.close(), writer.close()])
})

test('records that are to be kept for hours are kept', options, async () => {
  const given = settings({ partitions: 1, trimIntervalMs: 0, retentionHours: 1 })
  const writer = await openKafkaWriter(given)
  for (let i = 0; i < 3; i++) await writer.append(0, bytes(`${i}`))
  const { reader, partition } = await holdOne(given)
  await readTexts(partition, 0, 3)
  await partition.commit({ offset: 3, stored: 3, newestMs: 1, intents: [] })
  await sleep(500)
  assert.deepEqual(await readTexts(partition, 0, 3), ['0', '1', '2'])
  await Promise.all([reader.close(), writer.close()])
})

test('a log behind TLS and a password', options, async () => {
  const secureDirectory = await mkdtemp(join(tmpdir(), 'stepstream-kafka-secure-'))
  const secure = await startKafka({ directory: secureDirectory, security: 'tls+sasl' })
  try {
    const given = settings({
      ...{ brokers: secure.bootstrap, partitions: 1, tls: { ca: secure.ca! } },
      sasl: { mechanism: 'scram-sha-256', ...secure.sasl! },
    })
    const writer = await openKafkaWriter(given)
    assert.equal(await writer.append(0, bytes('secret')), 0)
    const { reader, partition } = await holdOne(given)
    assert.deepEqual(await readTexts(partition, 0, 1), ['secret'])
    const positions = await openKafkaPositions(given)
    assert.deepEqual(await positions.positions(), [{ end: 1, stored: 0, flushed: 0, newestMs: 0 }])
    await positions.close()
    const wrong = { mechanism: 'scram-sha-256', username: 'stepstream', password: 'wrong' } as const
    await assert.rejects(openKafkaWriter({ ...given, sasl: wrong, signal: AbortSignal.timeout(1_500) }))
    await Promise.all([reader.close(), writer.close()])
  } finally {
    await secure.stop()
    await rm(secureDirectory, { recursive: true, force: true })
  }
})
