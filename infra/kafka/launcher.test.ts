import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { kafkaTestOptions } from './fixture.ts'
import { type KafkaCluster, type KafkaOptions, startKafka } from './launcher.ts'

const options = await kafkaTestOptions()

/** A directory, and the cluster that is started in it, both gone at the end. */
async function withKafka(
  chosen: Omit<KafkaOptions, 'directory'>,
  work: (cluster: KafkaCluster, directory: string) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'stepstream-kafka-'))
  try {
    const cluster = await startKafka({ directory, ...chosen })
    await work(cluster, directory).finally(() => cluster.stop())
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function client({ bootstrap }: KafkaCluster, config: Partial<KafkaConfig> = {}): Kafka {
  const retry = { initialRetryTime: 50, maxRetryTime: 500, retries: 100 }
  return new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING, retry, ...config })
}

async function createTopic(kafka: Kafka, topic: string, replicationFactor: number): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor }], waitForLeaders: true })
  await admin.disconnect()
}

async function produce(kafka: Kafka, topic: string, value: string): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, acks: -1, messages: [{ value }] })
  await producer.disconnect()
}

/** The values in a topic, in order, read by a new group from the start. */
async function consume(kafka: Kafka, topic: string, groupId: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value))
        if (values.length === count) resolve()
      },
    })
  })
  await consumer.disconnect()
  return values
}

test(
  'what one broker acknowledged is there after SIGKILL, after a pause, and after a start in the same directory',
  options,
  async () => {
    await withKafka({}, async (cluster, directory) => {
      const broker = cluster.brokers[0]!
      await createTopic(client(cluster), 'numbers', 1)
      await produce(client(cluster), 'numbers', 'one')
      await broker.kill()
      assert.equal(broker.alive(), false)
      assert.equal(broker.pid(), undefined)
      await broker.start()
      await produce(client(cluster), 'numbers', 'two')
      assert.deepEqual(await consume(client(cluster), 'numbers', 'readers', 2), ['one', 'two'])

      await cluster.stop()
      const again = await startKafka({ directory })
      try {
        assert.deepEqual(await consume(client(again), 'numbers', 'later readers', 2), ['one', 'two'])
      } finally {
        await again.stop()
      }
    })
  },
)

test('three brokers lose one and still take records that are to be on all in-sync replicas', options, async () => {
  await withKafka({ brokers: 3 }, async (cluster) => {
    await createTopic(client(cluster), 'numbers', 3)
    await produce(client(cluster), 'numbers', 'one')
    await cluster.brokers[0]!.kill()
    await produce(client(cluster), 'numbers', 'two')
    assert.deepEqual(await consume(client(cluster), 'numbers', 'readers', 2), ['one', 'two'])
    await cluster.brokers[0]!.start()
  })
})
