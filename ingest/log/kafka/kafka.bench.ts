/**
 * What does a record cost in Kafka, in this process and in the broker, written and read: by its size, beside kafkajs's producer and consumer; and
 * at a steady rate, as the batcher sends it, with and without a pace?
 * `node dist/ingest/log/kafka/kafka.bench.js [size|rate|idle|all] [seconds]`. One broker on loopback, 4 partitions; every record is read back and compared before a
 * figure counts. The broker has run for some seconds before; later it takes less.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { startKafka } from '../../../infra/kafka/launcher.ts'
import { createLogger } from '../../../telemetry/logger.ts'
import type { KafkaOptions } from './options.ts'
import { openKafkaReader } from './reader.ts'
import { messageBytes } from './topic.ts'
import { openKafkaWriter } from './writer.ts'

const part = process.argv[2] ?? 'all'
const seconds = Number(process.argv[3] ?? 3)
const directory = await mkdtemp(join(tmpdir(), 'stepstream-kafka-bench-'))
const cluster = await startKafka({ directory })
const partitions = 4
const pool = randomBytes(8 * 1024 * 1024)

/** CPU seconds so far, of this process with all its threads and of the broker. */
function cpu() {
  const { user, system } = process.cpuUsage()
  const fields = readFileSync(`/proc/${cluster.brokers[0]!.pid()}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return { own: (user + system) / 1e6, broker: (Number(fields[11]) + Number(fields[12])) / 100 }
}

type Cost = { readonly own: number; readonly broker: number; readonly seconds: number }

async function costOf(work: () => Promise<void>): Promise<Cost> {
  const before = cpu()
  const started = performance.now()
  await work()
  const after = cpu()
  const took = (performance.now() - started) / 1000
  return { own: after.own - before.own, broker: after.broker - before.broker, seconds: took }
}

let topics = 0
function newOptions(): KafkaOptions {
  topics++
  return {
    ...{ brokers: cluster.bootstrap, topic: `bench${topics}`, group: `bench${topics}`, partitions, replication: 1 },
    ...{ minimumInsync: 1, retentionHours: undefined, sessionTimeoutMs: 10_000, tls: false, sasl: undefined },
    logger: createLogger('silent'),
  }
}

type Append = (partition: number, payload: Buffer) => Promise<unknown>
type Client = { readonly append: Append; close(): Promise<void> }

async function ours(options: KafkaOptions): Promise<Client> {
  const writer = await openKafkaWriter(options)
  return { append: (partition, payload) => writer.append(partition, payload), close: () => writer.close() }
}

const plain = () => new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING })

/** As many idempotent producers as partitions, each with one record under way, for no more are safe. */
async function kafkajs(options: KafkaOptions): Promise<Client> {
  await (await openKafkaWriter(options)).close()
  const { topic } = options
  const producers = Array.from({ length: partitions }, () => {
    const createPartitioner = () => (args: { message: { partition?: number } }) => args.message.partition!
    return plain().producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner })
  })
  for (const producer of producers) await producer.connect()
  return {
    append: (partition, value) => producers[partition]!.send({ topic, acks: -1, messages: [{ partition, value }] }),
    async close() {
      for (const producer of producers) await producer.disconnect()
    },
  }
}

/** What was sent, by partition and offset, as places in the pool. */
type Sent = { readonly from: number; readonly bytes: number }[][]
const nothingSent = (): Sent => Array.from({ length: partitions }, () => [])

let place = 0
function nextRecord(bytes: number): { from: number; bytes: number; payload: Buffer } {
  place = (place + 64_123) % (pool.length - bytes)
  return { from: place, bytes, payload: pool.subarray(place, place + bytes) }
}

const isIntact = (sent: Sent, partition: number, offset: number, payload: Uint8Array) => {
  const { from, bytes } = sent[partition]![offset]!
  return payload.length === bytes && pool.compare(payload, 0, bytes, from, from + bytes) === 0
}

const count = (sent: Sent) => sent.reduce((sum, records) => sum + records.length, 0)
const gigabytes = (sent: Sent) => sent.flat().reduce((sum, { bytes }) => sum + bytes, 0) / 1e9

async function readOurs(options: KafkaOptions, sent: Sent): Promise<Cost> {
  const reader = await openKafkaReader(options)
  let found = 0
  let wrong = 0
  const cost = await costOf(async () => {
    await reader.subscribe({
      assigned: async (partition) => {
        const records = sent[partition.partition]!.length
        for (let offset = 0; offset < records; ) {
          const read = await partition.read(offset, 4 << 20, AbortSignal.timeout(20_000))
          for (const record of read) if (!isIntact(sent, partition.partition, record.offset, record.payload)) wrong++
          found += read.length
          offset += read.length
        }
      },
      lost() {},
    })
    while (found < count(sent)) await sleep(5)
  })
  assert.deepEqual([found, wrong], [count(sent), 0], 'every acknowledged record is there once, as it was sent')
  await reader.close()
  return cost
}

async function readWithKafkajs({ topic, group }: KafkaOptions, sent: Sent): Promise<Cost> {
  const consumer = plain().consumer({ groupId: `${group}-kafkajs`, maxBytesPerPartition: messageBytes })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  let found = 0
  let wrong = 0
  const cost = await costOf(async () => {
    await consumer.run({
      autoCommit: false,
      async eachBatch({ batch }) {
        for (const { offset, value } of batch.messages) {
          if (!isIntact(sent, batch.partition, Number(offset), value!)) wrong++
          found++
        }
      },
    })
    while (found < count(sent)) await sleep(5)
  })
  assert.deepEqual([found, wrong], [count(sent), 0])
  await consumer.disconnect()
  return cost
}

type Written = { readonly sent: Sent; readonly latenciesMs: number[]; readonly cost: Cost }

/** Each partition has one record under way, the next one at once. */
async function writeFast(client: Client, bytes: number): Promise<Written> {
  const sent = nothingSent()
  const latenciesMs: number[] = []
  const cost = await costOf(async () => {
    const until = performance.now() + seconds * 1000
    const loops = sent.map(async (records, partition) => {
      while (performance.now() < until) {
        const { payload, ...record } = nextRecord(bytes)
        const started = performance.now()
        await client.append(partition, payload)
        latenciesMs.push(performance.now() - started)
        records.push(record)
      }
    })
    await Promise.all(loops)
  })
  await client.close()
  return { sent, latenciesMs, cost }
}

/** As the batcher does it: what came since the last record was cut is the next one, `paceMs` after it at the earliest. */
async function writeSteadily(client: Client, megabytesPerSecond: number, paceMs: number): Promise<Written> {
  const sent = nothingSent()
  const latenciesMs: number[] = []
  const cost = await costOf(async () => {
    const until = performance.now() + seconds * 1000
    const loops = sent.map(async (records, partition) => {
      for (let from = performance.now(); from < until; ) {
        const now = performance.now()
        const bytes = Math.floor(((now - from) * 1000 * megabytesPerSecond) / partitions)
        if (bytes < 900) {
          await sleep(1)
          continue
        }
        const oldest = from
        from = now
        const { payload, ...record } = nextRecord(bytes)
        await client.append(partition, payload)
        latenciesMs.push(performance.now() - oldest)
        records.push(record)
        const restMs = now + paceMs - performance.now()
        if (restMs >= 1) await sleep(restMs)
      }
    })
    await Promise.all(loops)
  })
  await client.close()
  return { sent, latenciesMs, cost }
}

function show(name: string, { sent, latenciesMs, cost }: Written, read: Cost | undefined): void {
  const sorted = latenciesMs.sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1)
  const total = gigabytes(sent)
  const perGigabyte = ({ own, broker }: Cost) => `${(own / total).toFixed(2)} + ${(broker / total).toFixed(2)}`
  const columns = [
    name.padEnd(28),
    `${Math.round(count(sent) / cost.seconds)}/s`.padStart(8),
    `${Math.round((total * 1000) / cost.seconds)} MB/s`.padStart(9),
    `p50 ${at(0.5)} p99 ${at(0.99)} ms`.padStart(22),
    `write ${perGigabyte(cost)}`.padStart(22),
    read ? `read ${perGigabyte(read)} CPU s/GB, here + broker` : '',
  ]
  console.log(columns.join(' '))
}

async function bySize(): Promise<void> {
  for (const kib of [4, 64, 256, 1024]) {
    for (const [name, open, read] of [
      ['ours', ours, readOurs],
      ['kafkajs', kafkajs, readWithKafkajs],
    ] as const) {
      const options = newOptions()
      const written = await writeFast(await open(options), kib * 1024)
      show(`${name}, ${kib} KiB`, written, await read(options, written.sent))
    }
  }
}

async function byRate(): Promise<void> {
  for (const rate of [5, 20, 40]) {
    for (const paceMs of [0, 5, 10, 20]) {
      const options = newOptions()
      const written = await writeSteadily(await ours(options), rate, paceMs)
      show(`${rate} MB/s, pace ${paceMs} ms`, written, await readOurs(options, written.sent))
    }
  }
}

async function idle(): Promise<void> {
  const options = newOptions()
  const writer = await openKafkaWriter(options)
  await writer.append(0, Buffer.from('one'))
  const shown = async (name: string) => {
    const { own, broker, seconds: took } = await costOf(() => sleep(seconds * 1000))
    console.log(
      `${name}: ${((own / took) * 100).toFixed(1)} % of a core here, ${((broker / took) * 100).toFixed(1)} % broker`,
    )
  }
  await shown('idle writer')
  const reader = await openKafkaReader(options)
  const stop = new AbortController()
  await reader.subscribe({
    assigned: (partition) => void partition.read(partition.partition === 0 ? 1 : 0, 1, stop.signal).catch(() => {}),
    lost() {},
  })
  await sleep(1_000)
  await shown('idle writer and reader')
  stop.abort()
  await Promise.all([reader.close(), writer.close()])
}

try {
  const warming = newOptions()
  await writeSteadily(await ours(warming), 20, 2)
  if (part === 'size' || part === 'all') await bySize()
  if (part === 'rate' || part === 'all') await byRate()
  if (part === 'idle' || part === 'all') await idle()
} finally {
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
}
