import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import { eachPartition, int16, int32, oneTopic, requests, takeInt16, takeInt64 } from './protocol.ts'
import type { ProducerIdentity, RecordBatch } from './record-batch.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/** The way of records to one broker. */
export type BrokerLink = {
  /** @throws Error when the broker could not be asked */
  identity(): Promise<ProducerIdentity>
  /**
   * Of each partition one at a time. @throws Error when there is no answer; the record may be stored or not, and none of its
   * bytes are written any more.
   */
  produce(partition: number, batch: RecordBatch): Promise<Verdict>
}

type Entry = {
  readonly partition: number
  readonly batch: RecordBatch
  resolve(verdict: Verdict): void
  reject(error: Error): void
}

/** How long a broker waits for its replicas, ms. */
const replicasMs = 8_000
/** Kafka takes ten times as much in one request by default; records beyond wait for the next. */
const requestBytes = 8 * 1024 * 1024
/** Below, a record is cheaper to copy than to hand to the socket by itself. */
const copiedBytes = 8 * 1024

/**
 * One request is under way at a time. While it is, the records of all partitions gather for the next one, so that the cost of
 * a request is shared among them. `connection`: one that is usable.
 */
export function createBrokerLink(topic: string, connection: () => Promise<Connection>): BrokerLink {
  const ready: Entry[] = []
  let sending = false

  function takeReady(): Entry[] {
    let count = 0
    for (let bytes = 0; count < ready.length; count++) {
      bytes += ready[count]!.batch.bytes
      if (count > 0 && bytes > requestBytes) break
    }
    return ready.splice(0, count)
  }

  async function sendReady(): Promise<void> {
    while (ready.length > 0) {
      // What this turn of the event loop still brings goes along.
      await nextTurn()
      const entries = takeReady()
      try {
        const verdicts = await ask(entries)
        for (const { partition, resolve } of entries) resolve(verdicts.get(partition)!)
      } catch (error) {
        for (const { reject } of entries) reject(error as Error)
      }
    }
    sending = false
  }

  async function ask(entries: readonly Entry[]): Promise<Map<number, Verdict>> {
    const answer = await (await connection()).ask(requests.produce, produceBody(topic, entries))
    const verdicts = new Map<number, Verdict>()
    eachPartition(answer, (partition) => {
      verdicts.set(partition, verdictOf(takeInt16(answer), takeInt64(answer)))
      // The time it was given, and the partition's first offset.
      answer.at += 16
    })
    for (const { partition } of entries) {
      if (!verdicts.has(partition)) throw new Error(`Kafka says nothing of the record of partition ${partition}`)
    }
    return verdicts
  }

  return {
    async identity() {
      // No transactions, so no name and no limit to their time.
      const answer = await (await connection()).ask(requests.initProducerId, [int16(-1), int32(-1)])
      answer.at += 4
      const error = takeInt16(answer)
      if (error !== 0) throw new Error(`Kafka gives no producer id: error ${error}`)
      return Buffer.from(answer.bytes.subarray(answer.at, answer.at + 10))
    },
    produce(partition, batch) {
      return new Promise((resolve, reject) => {
        ready.push({ partition, batch, resolve, reject })
        if (sending) return
        sending = true
        void sendReady()
      })
    },
  }
}

/** No transaction, all replicas, how long to wait for them, one topic, and its partitions with a batch each. */
function produceBody(topic: string, entries: readonly Entry[]): Uint8Array[] {
  const start = [int16(-1), int16(-1), int32(replicasMs), oneTopic(topic, entries.length)]
  const body: Uint8Array[] = []
  let small: Uint8Array[] = start
  for (const { partition, batch } of entries) {
    small.push(int32(partition), int32(batch.bytes), batch.head)
    if (batch.value.length <= copiedBytes) {
      small.push(batch.value)
    } else {
      body.push(Buffer.concat(small), batch.value)
      small = []
    }
    small.push(batch.tail)
  }
  body.push(Buffer.concat(small))
  return body
}
