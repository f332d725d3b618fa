import { Refusal } from '../../../schema/errors.ts'
import type { LogWriter } from '../log.ts'
import { createKafkaClient, impatient, type KafkaOptions } from './options.ts'
import { createRecordSender } from './producer.ts'
import { ensureTopics, logIdentity } from './topic.ts'
import { untilReachable } from './trouble.ts'

export type KafkaWriter = LogWriter & {
  /** False while a record has waited long for its acknowledgement. */
  healthy(): boolean
  /** Waits for the records under way. */
  close(): Promise<void>
}

const healthyWaitMs = 3_000
/**
 * A request costs broker and gateway some 0.3 ms together, however little is in it, and one record in it 0.05 ms. Of one partition twice as long
 * a pace only makes acknowledgements later; where there are several, it is what leaves the store enough of the processors.
 */
const paceMs = (partitions: number) => (partitions === 1 ? 10 : 20)

/** The gateway's side of the log in Kafka. Waits for a Kafka that is away. @throws LogMisfit when the topic is not as asked for */
export async function openKafkaWriter(options: KafkaOptions): Promise<KafkaWriter> {
  const { topic, partitions } = options
  const id = await prepareTopics(options)
  const sender = createRecordSender(topic, options)
  let closing = false
  return {
    id,
    partitions,
    paceMs: paceMs(partitions),
    async append(partition, payload) {
      if (closing) throw new Refusal('shutting_down')
      if (!(partition >= 0 && partition < partitions)) throw new RangeError(`there is no partition ${partition}`)
      return await sender.send(partition, { value: payload })
    },
    healthy: () => performance.now() - (sender.waitingSinceMs() ?? Number.POSITIVE_INFINITY) < healthyWaitMs,
    async close() {
      closing = true
      await sender.close()
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
