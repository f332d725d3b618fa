import { Refusal } from '../../../schema/errors.ts'
import type { LogWriter } from '../log.ts'
import { createKafkaClient, impatient, type KafkaOptions, patient } from './options.ts'
import { createRecordSender, type RecordSender } from './producer.ts'
import { ensureTopics, logIdentity } from './topic.ts'
import { untilReachable } from './trouble.ts'

export type KafkaWriter = LogWriter & {
  /** False while a record has waited long for its acknowledgement. */
  healthy(): boolean
  /** Waits for the records under way. */
  close(): Promise<void>
}

/** Each sends one record at a time; more of them hide the brokers' latency and cost connections. */
const sendersLimit = 4
const healthyWaitMs = 3_000

/** The gateway's side of the log in Kafka. Waits for a Kafka that is away. @throws LogMisfit when the topic is not as asked for */
export async function openKafkaWriter(options: KafkaOptions): Promise<KafkaWriter> {
  const { topic, partitions, logger } = options
  const id = await prepareTopics(options)
  const kafka = createKafkaClient(options, patient)
  const senders: RecordSender[] = []
  while (senders.length < Math.min(partitions, sendersLimit)) senders.push(await createRecordSender(kafka, logger))
  let closing = false
  return {
    id,
    partitions,
    async append(partition, payload) {
      if (closing) throw new Refusal('shutting_down')
      if (!(partition >= 0 && partition < partitions)) throw new RangeError(`there is no partition ${partition}`)
      const value = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
      return await senders[partition % senders.length]!.send(topic, partition, { value })
    },
    healthy: () =>
      senders.every(
        (sender) => performance.now() - (sender.waitingSinceMs() ?? Number.POSITIVE_INFINITY) < healthyWaitMs,
      ),
    async close() {
      closing = true
      await Promise.all(senders.map((sender) => sender.close()))
    },
  }
}

/** Makes and checks the topics. @returns the log's identity */
export function prepareTopics(options: KafkaOptions): Promise<string> {
  return untilReachable(options, 'preparing the topics', async () => {
    const admin = createKafkaClient(options, { ...impatient, requestTimeoutMs: 5_000 }).admin()
    try {
      await admin.connect()
      await ensureTopics(admin, options)
      return await logIdentity(admin, options.topic)
    } finally {
      await admin.disconnect().catch(() => {})
    }
  })
}
