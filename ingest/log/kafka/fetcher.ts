import { setTimeout as sleep } from 'node:timers/promises'
import type { Address, Connection } from './connection.ts'
import { createConnections, nameOf } from './connections.ts'
import { createFetchBuffers, type Lease } from './fetch-buffers.ts'
import { createLeaders } from './leaders.ts'
import type { KafkaOptions } from './options.ts'
import type { Fetched } from './partition.ts'
import {
  type Answer,
  eachPartition,
  int32,
  int64,
  oneTopic,
  requests,
  takeBytes,
  takeInt16,
  takeInt32,
  takeInt64,
} from './protocol.ts'
import { messageBytes } from './topic.ts'

/** Brings the records of a topic to those who want them. */
export type Fetcher = {
  add(fetched: Fetched): void
  remove(fetched: Fetched): void
  /** Somebody wants records who did not before. */
  wake(): void
  close(): void
}

/** A fetch that finds nothing ends after this; also how long a partition may wait that comes to want records meanwhile. */
const pollMs = 100
/** A fetch costs the broker and us half a millisecond together, however little it brings: what comes meanwhile shares the next. */
const restMs = 25
const troublePauseMs = 100

const offsetOutOfRange = 1

type Request = { readonly fetched: Fetched; readonly offset: number }

export function createFetcher(options: KafkaOptions): Fetcher {
  const { topic, logger } = options
  const leaders = createLeaders(topic, options)
  const buffers = createFetchBuffers()
  const all = new Set<Fetched>()
  /** By name of the broker, where a loop asks it. */
  const running = new Set<string>()
  const connections = createConnections(options)
  let turn = 0
  let closed = false
  let sharing = false
  let shareAgain = false

  /** Begins to ask each broker that leads a partition which wants something and is not asked yet. */
  async function share(): Promise<void> {
    shareAgain = true
    if (sharing) return
    sharing = true
    while (shareAgain && !closed) {
      shareAgain = false
      try {
        for (const fetched of all) {
          if (fetched.wants() !== undefined) begin(await leaders.of(fetched.partition))
        }
      } catch (error) {
        logger.debug({ err: error }, 'nobody knows whom to ask for records')
        leaders.forget()
        await sleep(troublePauseMs)
        shareAgain = true
      }
    }
    sharing = false
  }

  function begin(address: Address): void {
    const name = nameOf(address)
    if (closed || running.has(name)) return
    running.add(name)
    void ask(address).finally(() => {
      running.delete(name)
      void share()
    })
  }

  async function wantedOf(name: string): Promise<Request[]> {
    const wanted: Request[] = []
    for (const fetched of all) {
      const offset = fetched.wants()
      if (offset !== undefined && nameOf(await leaders.of(fetched.partition)) === name) wanted.push({ fetched, offset })
    }
    // The limit to an answer is used up by the first ones, so each is first in turn.
    turn++
    return wanted.map((_, i) => wanted[(i + turn) % wanted.length]!)
  }

  /** Until nobody wants anything of the broker, or it does not answer. */
  async function ask(address: Address): Promise<void> {
    const name = nameOf(address)
    try {
      for (;;) {
        const wanted = await wantedOf(name)
        if (closed || wanted.length === 0) return
        await fetchOnce(await connections.to(address), wanted)
      }
    } catch (error) {
      if (!closed) logger.debug({ err: error, broker: name }, 'fetching failed; trying again')
      leaders.forget()
      await sleep(troublePauseMs)
    }
  }

  async function fetchOnce(connection: Connection, wanted: readonly Request[]): Promise<void> {
    let lease: Lease | undefined
    const answer = await connection.ask(requests.fetch, [fetchBody(topic, wanted)], (bytes) => {
      lease = buffers.lease(bytes)
      return lease.bytes
    })
    const byPartition = new Map(wanted.map((request) => [request.fetched.partition, request]))
    let found = false
    let behind = false
    let failure: Error | undefined
    try {
      readFetch(answer, (partition, error, end, records) => {
        const { fetched, offset } = byPartition.get(partition) ?? {}
        if (!fetched || offset === undefined || fetched.wants() !== offset) return
        if (error === offsetOutOfRange) fetched.trouble(`Kafka does not have record ${offset}`)
        if (error !== 0) failure = new Error(`Kafka answers a fetch of partition ${partition} with error ${error}`)
        else fetched.deliver(records, lease!, end)
        if (error !== 0 || records.length === 0) return
        const next = fetched.wants()
        if (next === offset) failure = new Error(`what Kafka has of partition ${partition} cannot be read`)
        found = true
        behind ||= (next ?? 0) < end
      })
    } finally {
      lease?.release()
    }
    if (failure) throw failure
    if (found && !behind) await sleep(restMs)
  }

  return {
    add: (fetched) => all.add(fetched),
    remove: (fetched) => all.delete(fetched),
    wake: () => void share(),
    close() {
      closed = true
      connections.close()
    },
  }
}

/** No follower, how long to wait, for how much, at most how much in all and of each partition. */
function fetchBody(topic: string, wanted: readonly Request[]): Buffer {
  const head = [int32(-1), int32(pollMs), int32(1), int32(messageBytes), Buffer.alloc(1)]
  const partitions = wanted.flatMap(({ fetched, offset }) => {
    return [int32(fetched.partition), int64(offset), int32(messageBytes)]
  })
  return Buffer.concat([...head, oneTopic(topic, wanted.length), ...partitions])
}

function readFetch(
  answer: Answer,
  take: (partition: number, error: number, end: number, records: Buffer) => void,
): void {
  // The time for which the broker slows us down; it does so by itself.
  answer.at += 4
  eachPartition(answer, (partition) => {
    const error = takeInt16(answer)
    const end = takeInt64(answer)
    // Where transactions ended, and those that were given up.
    answer.at += 8
    const givenUp = Math.max(0, takeInt32(answer))
    answer.at += 16 * givenUp
    take(partition, error, end, takeBytes(answer, Math.max(0, takeInt32(answer))))
  })
}
