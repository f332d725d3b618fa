import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../../../schema/errors.ts'
import { type BrokerLink, createBrokerLink } from './broker-link.ts'
import { createConnections, nameOf } from './connections.ts'
import { createLeaders, type Leaders } from './leaders.ts'
import type { KafkaOptions } from './options.ts'
import { encodeRecordBatch, type Message, type ProducerIdentity, type RecordBatch } from './record-batch.ts'

/** Sends records of one topic; of each partition one at a time. */
export type RecordSender = {
  /** Resolves with the record's offset when enough replicas have it. Its bytes must stay as they are until then. @throws Refusal */
  send(partition: number, message: Message): Promise<number>
  /** When the oldest record under way was handed over, by `performance.now()`; undefined: none is. */
  waitingSinceMs(): number | undefined
  /** Waits for the records under way. */
  close(): Promise<void>
}

/** One partition's records, in order. */
type Lane = {
  readonly partition: number
  last: Promise<unknown>
  waitingSinceMs: number | undefined
  /** Undefined: the next record begins a new producer. */
  producer: ProducerIdentity | undefined
  /** Number of the next record. */
  sequence: number
}

/** Longer than the clients wait, and than a broker needs to come back. */
const patienceMs = 90_000
const shortestPauseMs = 50
const longestPauseMs = 1_000
/** Half of what the numbers hold, so that their going round is never met. */
const sequenceLimit = 2 ** 30

/**
 * The log's own producer. Each partition has one record under way, numbered as Kafka's idempotent producers number theirs,
 * under a producer id that belongs to the partition alone. The same bytes go under the same number until a broker says what
 * became of them, for a minute and a half; brokers store them once, also after their leader moved. After that, or after
 * an answer that leaves it open, nobody knows whether they are stored or which number comes next, so the frames are told so and
 * the partition gets a new producer.
 */
export function createRecordSender(
  topic: string,
  options: KafkaOptions,
  leaders: Leaders = createLeaders(topic, options),
): RecordSender {
  const { logger } = options
  const lanes = new Map<number, Lane>()
  const connections = createConnections(options)
  const links = new Map<string, BrokerLink>()
  let closed = false

  function laneOf(partition: number): Lane {
    let lane = lanes.get(partition)
    if (!lane) {
      lane = { partition, last: Promise.resolve(), waitingSinceMs: undefined, producer: undefined, sequence: 0 }
      lanes.set(partition, lane)
    }
    return lane
  }

  async function linkTo(partition: number): Promise<BrokerLink> {
    const address = await leaders.of(partition)
    const name = nameOf(address)
    const link = links.get(name) ?? createBrokerLink(topic, () => connections.to(address))
    links.set(name, link)
    return link
  }

  async function sendNow(lane: Lane, message: Message): Promise<number> {
    if (closed) throw new Refusal('shutting_down')
    lane.waitingSinceMs = performance.now()
    try {
      return await deliver(lane, message, lane.waitingSinceMs)
    } catch (error) {
      lane.producer = undefined
      throw error
    } finally {
      lane.waitingSinceMs = undefined
    }
  }

  async function deliver(lane: Lane, message: Message, sinceMs: number): Promise<number> {
    const { partition } = lane
    let batch: RecordBatch | undefined
    let requests = 0
    for (let attempt = 0; ; attempt++) {
      let trouble: unknown
      try {
        const link = await linkTo(partition)
        batch ??= await number(lane, message, link)
        requests++
        const verdict = await link.produce(partition, batch)
        switch (verdict.kind) {
          case 'stored':
            lane.sequence++
            return verdict.offset
          case 'refused':
            // A request before may have been taken.
            if (requests > 1) throw unknown(lane, verdict.error)
            throw new Refusal('log_unavailable', `Kafka takes no record of this size: ${verdict.error}`)
          case 'unknown':
            throw unknown(lane, verdict.error)
          case 'again':
            trouble = verdict.error
            break
          default:
            verdict satisfies never
        }
      } catch (error) {
        if (error instanceof Refusal) throw error
        trouble = error
      }
      const waitedMs = performance.now() - sinceMs
      if (waitedMs > patienceMs) throw batch ? unknown(lane, trouble) : notTaken(trouble)
      if (attempt % 20 === 0) logger.info({ partition, attempt, trouble }, 'a record is not stored yet; trying again')
      leaders.forget()
      await sleep(Math.min(longestPauseMs, shortestPauseMs * 2 ** Math.min(attempt, 10)))
    }
  }

  async function number(lane: Lane, message: Message, link: BrokerLink): Promise<RecordBatch> {
    if (!lane.producer || lane.sequence >= sequenceLimit) {
      lane.producer = await link.identity()
      lane.sequence = 0
    }
    // The broker puts its own time in the place of this one.
    return encodeRecordBatch(message, lane.producer, lane.sequence, Date.now())
  }

  function unknown({ partition }: Lane, trouble: unknown): Refusal {
    const error = trouble instanceof Error ? trouble : new Error(String(trouble))
    logger.error({ err: error, partition }, 'nobody knows whether a record was stored; its frames are not acknowledged')
    return new Refusal('outcome_unknown', undefined, error)
  }

  return {
    send(partition, message) {
      const lane = laneOf(partition)
      const work = lane.last.then(() => sendNow(lane, message))
      lane.last = work.catch(() => {})
      return work
    },
    waitingSinceMs() {
      const since = [...lanes.values()].flatMap(({ waitingSinceMs }) => waitingSinceMs ?? [])
      return since.length === 0 ? undefined : Math.min(...since)
    },
    async close() {
      closed = true
      await Promise.all([...lanes.values()].map(({ last }) => last))
      connections.close()
    },
  }
}

function notTaken(trouble: unknown): Refusal {
  return new Refusal('log_unavailable', 'Kafka was not reached', trouble)
}
