/** What tests of the launcher do with Kafka, and the proxy they put before it. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { type KafkaCluster, type KafkaOptions, startKafka } from './launcher.ts'

/** A directory, and the cluster that is started in it, both gone at the end. */
export async function withKafka(
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

export function client({ bootstrap }: Pick<KafkaCluster, 'bootstrap'>, config: Partial<KafkaConfig> = {}): Kafka {
  const retry = { initialRetryTime: 50, maxRetryTime: 500, retries: 100 }
  return new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING, retry, ...config })
}

export async function createTopic(kafka: Kafka, topic: string, replicationFactor: number): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  // Not kafkajs's wait for leaders, which fails for good when the broker that it asks has not heard of the topic; whoever sends tries again.
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor }], waitForLeaders: false })
  await admin.disconnect()
}

export async function topicsOf(kafka: Kafka): Promise<string[]> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}

export async function produce(kafka: Kafka, topic: string, value: string): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, acks: -1, messages: [{ value }] })
  await producer.disconnect()
}

/** The values in a topic, in order, read by a new group from the start. */
export async function consume(kafka: Kafka, topic: string, groupId: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, maxWaitTimeInMs: 200 })
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

/** Passes bytes on between clients and a broker. */
export async function startProxy(port: number, target: number): Promise<{ connections(): number; close(): void }> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((near) => {
    connections++
    const far = connect(target, '127.0.0.1')
    const pass = (from: Socket, to: Socket) => {
      sockets.add(from)
      from.on('error', () => {}).on('close', () => to.destroy())
      from.pipe(to)
    }
    pass(near, far)
    pass(far, near)
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { connections: () => connections, close }
}
