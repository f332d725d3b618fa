import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka, Producer, RecordMetadata } from 'kafkajs'
import { Refusal } from '../../../schema/errors.ts'
import type { Logger } from '../../../telemetry/logger.ts'
import { patient } from './options.ts'
import { kafkaErrorType } from './trouble.ts'

/** Sends records of some partitions, one record at a time. */
export type RecordSender = {
  /** Resolves with the record's offset when enough replicas have it. @throws Refusal */
  send(topic: string, partition: number, message: SentMessage): Promise<number>
  /** When the record under way was handed over, by `performance.now()`; undefined: none is. */
  waitingSinceMs(): number | undefined
  close(): Promise<void>
}

export type SentMessage = {
  readonly value: Buffer
  readonly key?: string
  readonly headers?: Record<string, string>
}

/** Half of what Kafka's sequence numbers hold: kafkajs goes from the highest to the wrong one. */
const messagesPerProducer = 2 ** 30

/**
 * An idempotent producer of kafkajs with one record of one partition under way, and nothing else, for each of these has cost it
 * acknowledged or doubled records:
 *
 * - it numbers records when it sends and takes the numbers back when sending fails, so a second record of the partition
 *   under way would get the first one's number and be taken for it;
 * - of a request to several brokers it repeats, after one failed, what another had already taken, if its leader moved
 *   meanwhile, under new numbers; or it leaves out, and calls sent, what moved to a broker that had answered.
 *
 * With one record it repeats the same bytes under the same number until a broker has them, for a minute and a half; the
 * broker stores them once. After that or any other failure nobody knows whether they are stored, or which number comes next:
 * the producer is given up for a new one.
 */
export async function createRecordSender(kafka: Kafka, logger: Logger): Promise<RecordSender> {
  let producer = await connect(kafka, logger)
  let sent = 0
  let last: Promise<unknown> = Promise.resolve()
  let waitingSinceMs: number | undefined
  let closed = false

  async function sendNow(topic: string, partition: number, message: SentMessage): Promise<number> {
    if (closed) throw new Refusal('shutting_down')
    waitingSinceMs = performance.now()
    try {
      if (++sent > messagesPerProducer) await renew()
      const messages = [{ ...message, partition }]
      const sending = producer.send({ topic, acks: -1, messages })
      const [answer] = await withinPatience(sending)
      return offsetIn(answer, partition)
    } catch (error) {
      await renew()
      if (kafkaErrorType(error) === 'MESSAGE_TOO_LARGE') {
        throw new Refusal('log_unavailable', 'Kafka takes no record of this size', error)
      }
      logger.error(
        { err: error, partition },
        'nobody knows whether a record was stored; its frames are not acknowledged',
      )
      throw new Refusal('outcome_unknown', undefined, error)
    } finally {
      waitingSinceMs = undefined
    }
  }

  async function renew(): Promise<void> {
    sent = 0
    void producer.disconnect().catch(() => {})
    producer = await connect(kafka, logger)
  }

  return {
    send(topic, partition, message) {
      const work = last.then(() => sendNow(topic, partition, message))
      last = work.catch(() => {})
      return work
    },
    waitingSinceMs: () => waitingSinceMs,
    async close() {
      closed = true
      await last
      await producer.disconnect()
    },
  }
}

/** Longer than the clients wait, and than a broker needs to come back. A send of kafkajs was seen to wait for ever, without a word. */
const patienceMs = 90_000

async function withinPatience<T>(sending: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${patienceMs} ms`)), patienceMs)
  })
  try {
    return await Promise.race([sending, late])
  } finally {
    clearTimeout(timer)
    // What a producer that was given up says later is of no interest.
    sending.catch(() => {})
  }
}

/** kafkajs gives up asking for a producer's id at the first trouble that it does not expect. */
async function connect(kafka: Kafka, logger: Logger): Promise<Producer> {
  for (let attempt = 0; ; attempt++) {
    const producer = createProducer(kafka)
    try {
      await producer.connect()
      return producer
    } catch (error) {
      if (attempt % 20 === 0) logger.warn({ err: error, attempt }, 'no producer yet; trying again')
      void producer.disconnect().catch(() => {})
      await sleep(Math.min(1_000, 50 * 2 ** attempt))
    }
  }
}

function createProducer(kafka: Kafka): Producer {
  return kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    metadataMaxAge: 60_000,
    retry: patient.retry,
    // Every message names its partition.
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition!,
  })
}

function offsetIn(answer: RecordMetadata | undefined, partition: number): number {
  const offset = Number(answer?.baseOffset)
  // Without an answer for this partition nothing was sent.
  if (answer?.partition !== partition || !Number.isSafeInteger(offset) || offset < 0) {
    throw new Error(`Kafka answered ${JSON.stringify(answer)} to a record of partition ${partition}`)
  }
  return offset
}
