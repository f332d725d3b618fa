/**
 * Two questions: how many records a second does the log in Kafka make durable, by their size and by how many partitions
 * send side by side; and does one record under way per producer cost anything against kafkajs's usual way?
 * `node dist/ingest/log/kafka/kafka.bench.js [seconds]`. One broker on loopback; every record is read back and compared before a figure counts.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { startKafka } from '../../../infra/kafka/launcher.ts'
import { createLogger } from '../../../telemetry/logger.ts'
import type { LogPartition } from '../log.ts'
import type { KafkaOptions } from './options.ts'
import { openKafkaReader } from './reader.ts'
import { openKafkaWriter } from './writer.ts'

const seconds = Number(process.argv[2] ?? 2)
const directory = await mkdtemp(join(tmpdir(), 'stepstream-kafka-bench-'))
const cluster = await startKafka({ directory })

type Case = { readonly bytes: number; readonly partitions: number }
type Sent = {
  readonly records: number
  readonly latenciesMs: number[]
  readonly cpuSeconds: number
  readonly tookSeconds: number
}
type Append = (partition: number, payload: Buffer) => Promise<unknown>

/** As many loops as partitions, each with one record under way, as the batcher does. */
async function drive({ bytes, partitions }: Case, append: Append): Promise<Sent> {
  const payload = randomBytes(bytes)
  const latenciesMs: number[] = []
  const cpu = process.cpuUsage()
  const started = performance.now()
  const until = started + seconds * 1000
  const loops = Array.from({ length: partitions }, async (_, partition) => {
    while (performance.now() < until) {
      const sent = performance.now()
      await append(partition, payload)
      latenciesMs.push(performance.now() - sent)
    }
  })
  await Promise.all(loops)
  const { user, system } = process.cpuUsage(cpu)
  return {
    ...{ records: latenciesMs.length, latenciesMs, cpuSeconds: (user + system) / 1e6 },
    tookSeconds: (performance.now() - started) / 1000,
  }
}

let topics = 0
const optionsFor = (partitions: number): KafkaOptions => {
  topics++
  return {
    ...{ brokers: cluster.bootstrap, topic: `bench${topics}`, group: `bench${topics}`, partitions, replication: 1 },
    ...{ minimumInsync: 1, retentionHours: undefined, sessionTimeoutMs: 10_000, tls: false, sasl: undefined },
    logger: createLogger('error'),
  }
}

async function count(options: KafkaOptions, sent: Sent, bytes: number): Promise<{ cpuSeconds: number }> {
  const reader = await openKafkaReader(options)
  const found: LogPartition[] = []
  await reader.subscribe({ assigned: (partition) => found.push(partition), lost() {} })
  while (found.length < options.partitions) await new Promise((resolve) => setTimeout(resolve, 10))
  const cpu = process.cpuUsage()
  let records = 0
  for (const partition of found) {
    for (let offset = 0; ; ) {
      const read = await partition.read(offset, 4 << 20, AbortSignal.timeout(offset < partition.end() ? 20_000 : 500))
      if (read.length === 0) break
      for (const { payload } of read) assert.equal(payload.length, bytes)
      records += read.length
      offset += read.length
    }
  }
  const { user, system } = process.cpuUsage(cpu)
  assert.equal(records, sent.records, 'every acknowledged record is there once')
  await reader.close()
  return { cpuSeconds: (user + system) / 1e6 }
}

function show(name: string, { bytes, partitions }: Case, sent: Sent, read: { cpuSeconds: number } | undefined): void {
  const sorted = sent.latenciesMs.sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1)
  const gigabytes = (sent.records * bytes) / 1e9
  const columns = [
    name.padEnd(24),
    `${bytes / 1024} KiB`.padStart(9),
    String(partitions).padStart(3),
    `${Math.round(sent.records / sent.tookSeconds)}/s`.padStart(9),
    `${Math.round((gigabytes * 1000) / sent.tookSeconds)} MB/s`.padStart(10),
    `p50 ${at(0.5)} p99 ${at(0.99)} ms`.padStart(24),
    `write ${(sent.cpuSeconds / gigabytes).toFixed(1)}`.padStart(12),
    read ? `read ${(read.cpuSeconds / gigabytes).toFixed(1)} CPU s/GB` : '',
  ]
  console.log(columns.join(' '))
}

try {
  for (const bytes of [8, 64, 1024].map((kib) => kib * 1024)) {
    for (const partitions of [1, 4, 16]) {
      const options = optionsFor(partitions)
      const writer = await openKafkaWriter(options)
      const sent = await drive({ bytes, partitions }, (partition, payload) => writer.append(partition, payload))
      await writer.close()
      show('ours', { bytes, partitions }, sent, await count(options, sent, bytes))
      const plain = new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING }).producer()
      await plain.connect()
      const { topic } = optionsFor(partitions)
      const writerOfTopic = await openKafkaWriter({ ...optionsFor(partitions), topic })
      await writerOfTopic.close()
      const usual = await drive({ bytes, partitions }, (partition, value) =>
        plain.send({ topic, acks: -1, messages: [{ partition, value }] }),
      )
      await plain.disconnect()
      show('kafkajs, not idempotent', { bytes, partitions }, usual, undefined)
    }
  }
} finally {
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
}
