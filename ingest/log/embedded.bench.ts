/**
 * One question: is our own log faster than lmdb as a durable append log, with 64 appends in flight?
 * `node dist/ingest/log/embedded.bench.js [rounds]`. Both store the same records in the same directory, are read back and
 * compared before any time counts, and take turns round by round, since a shared disk drifts. The median round is shown.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { open as openLmdb } from 'lmdb'
import { createLogger } from '../../telemetry/logger.ts'
import { openLog, readAll } from './fixture.ts'

type Store = {
  readonly append: (payload: Buffer) => Promise<unknown>
  /** The payloads, in order. */
  readonly contents: () => Promise<Buffer[]>
  readonly close: () => Promise<void>
}
type Result = { readonly recordsPerSecond: number; readonly cpuSecondsPerGB: number }

const appendsInFlight = 64
const checkedRecords = 300
const rounds = Number(process.argv[2] ?? 5)
const sizes = [
  { bytes: 8 * 1024, records: 20_000 },
  { bytes: 64 * 1024, records: 4_000 },
  { bytes: 1024 * 1024, records: 300 },
]

const stores: Record<string, (directory: string) => Promise<Store>> = {
  async own(directory) {
    const log = await openLog({ directory, maximumBytes: 8 * 2 ** 30, logger: createLogger('warn') })
    return {
      append: (payload) => log.append(0, payload),
      contents: async () => (await readAll(log, 0, 4 << 20)).map(({ payload }) => payload as Buffer),
      close: () => log.close(),
    }
  },
  'lmdb, overlapping sync': (directory) => openLmdbStore(directory, true),
  'lmdb, sync in commit': (directory) => openLmdbStore(directory, false),
}

/** Ordered integer keys and raw bytes: lmdb's best case. */
async function openLmdbStore(directory: string, overlappingSync: boolean): Promise<Store> {
  const database = openLmdb<Buffer, number>({
    path: directory,
    keyEncoding: 'uint32',
    encoding: 'binary',
    compression: false,
    overlappingSync,
    separateFlushed: overlappingSync,
  })
  let next = 0
  return {
    append(payload) {
      const put = database.put(next++, payload) as Promise<boolean> & { flushed?: Promise<unknown> }
      // With overlapping sync a put resolves before it is on disk; its `flushed` tells when it is.
      return overlappingSync ? put.then(() => put.flushed) : put
    },
    contents: async () => [...database.getRange()].map(({ value }) => value),
    close: () => database.close(),
  }
}

async function appendAll(store: Store, payloads: readonly Buffer[], records: number): Promise<void> {
  let next = 0
  async function worker(): Promise<void> {
    while (next < records) await store.append(payloads[next++ % payloads.length]!)
  }
  await Promise.all(Array.from({ length: appendsInFlight }, worker))
}

async function withStore<T>(name: string, use: (store: Store) => Promise<T>): Promise<T> {
  // In the working directory: /tmp may be memory.
  const directory = await mkdtemp('bench-log-')
  const store = await stores[name]!(directory)
  try {
    return await use(store)
  } finally {
    await store.close()
    await rm(directory, { recursive: true })
  }
}

async function check(name: string, payloads: readonly Buffer[]): Promise<void> {
  await withStore(name, async (store) => {
    await appendAll(store, payloads, checkedRecords)
    const contents = await store.contents()
    assert.equal(contents.length, checkedRecords)
    contents.forEach((content, i) => {
      assert.ok(content.equals(payloads[i % payloads.length]!), `${name}: record ${i}`)
    })
  })
}

async function time(name: string, payloads: readonly Buffer[], records: number): Promise<Result> {
  return withStore(name, async (store) => {
    await appendAll(store, payloads, records / 10)
    const cpuBefore = process.cpuUsage()
    const startMs = performance.now()
    await appendAll(store, payloads, records)
    const seconds = (performance.now() - startMs) / 1000
    const cpu = process.cpuUsage(cpuBefore)
    const gigabytes = (records * payloads[0]!.length) / 1e9
    return { recordsPerSecond: records / seconds, cpuSecondsPerGB: (cpu.user + cpu.system) / 1e6 / gigabytes }
  })
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

const table: Record<string, string | number>[] = []
for (const { bytes, records } of sizes) {
  const payloads = Array.from({ length: 16 }, () => randomBytes(bytes))
  for (const name of Object.keys(stores)) await check(name, payloads)
  const results: Record<string, Result[]> = Object.fromEntries(Object.keys(stores).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const name of Object.keys(stores)) results[name]!.push(await time(name, payloads, records))
  for (const [name, each] of Object.entries(results)) {
    const recordsPerSecond = median(each.map((result) => result.recordsPerSecond))
    table.push({
      'record KiB': bytes / 1024,
      store: name,
      'records/s': Math.round(recordsPerSecond),
      'MB/s': Math.round((recordsPerSecond * bytes) / 1e6),
      'slowest-fastest records/s': `${range(each)}`,
      'CPU s per GB': Number(median(each.map((result) => result.cpuSecondsPerGB)).toFixed(2)),
    })
  }
}
console.table(table)

function range(results: readonly Result[]): string {
  const each = results.map(({ recordsPerSecond }) => Math.round(recordsPerSecond))
  return `${Math.min(...each)}-${Math.max(...each)}`
}
