/** Answers that go out as they are made: in the embedded engine, and at a server. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { tableFromIPC } from 'apache-arrow'
import { StoreTrouble, type StreamFormat } from '../../schema/store.ts'
import type { Store } from './contract.ts'
import { openRemote, quiet, type StoreProcess, startStoreProcess } from './server.fixture.ts'
import { openStore } from './store.ts'

const GiB = 1024 ** 3
const asker = { user: 'asker', password: 'a' }
let directory: string
let server: StoreProcess
const stores: Record<string, Store> = {}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepstream-streamer-'))
  server = await startStoreProcess(join(directory, 'server'), {
    STORE_READER_USER: 'asker',
    STORE_READER_PASSWORD: 'a',
  })
  const limits = { queryTimeoutMs: 5_000, queryMemoryBytes: GiB }
  stores.embedded = await openStore({ dataDir: join(directory, 'embedded'), readSessions: 1, logger: quiet, ...limits })
  stores.remote = await openRemote(server.url, { ...limits, asker })
})
after(async () => {
  for (const store of Object.values(stores)) await store.close()
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(Buffer.from(piece))
  return Buffer.concat(all)
}

/** Queries of this mark that the engine has under way. */
async function underWay({ reader }: Store, mark: string): Promise<number> {
  const [row] = await reader.rows<{ count: number }>(
    "SELECT toFloat64(count()) AS count FROM system.processes WHERE position(query, {mark:String}) > 0 AND query NOT LIKE '%system.processes%'",
    { mark },
  )
  return row!.count
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 5_000; !(await holds()); await sleep(20))
    assert.ok(Date.now() < deadline, `not in 5 s: ${what}`)
}

const options = { memoryBytes: GiB }
const troubleOf = (kind: StoreTrouble['kind']) => (error: unknown) =>
  error instanceof StoreTrouble && error.kind === kind
let marks = 0
/** Endless, and found among the engine's queries by its mark. */
const endless = () => {
  const mark = `mark${++marks}of${process.pid}`
  return { mark, sql: `SELECT number AS ${mark}, rand64() AS noise FROM system.numbers` }
}

for (const where of ['embedded', 'remote']) {
  test(`an answer of many pieces is whole and in order (${where})`, async () => {
    const { streamer } = stores[where]!
    const sql = 'SELECT number, toLowCardinality(toString(intDiv(number, {size:UInt32}))) AS part FROM numbers(1000000)'
    const table = tableFromIPC(await bytesOf(await streamer.stream(sql, 'ArrowStream', { size: 90_000 }, options)))
    assert.equal(table.numRows, 1_000_000)
    const numbers = table.getChild('number')!.toArray() as BigUint64Array
    assert.ok(numbers.every((number, i) => number === BigInt(i)))
    for (const row of [0, 89_999, 90_000, 500_000, 999_999])
      assert.equal(table.getChild('part')!.get(row), String(Math.floor(row / 90_000)))
  })

  for (const format of ['Parquet', 'ArrowStream'] satisfies StreamFormat[]) {
    test(`what goes wrong is told before the first piece where it can be, and in the midst otherwise (${where}, ${format})`, async () => {
      const { streamer } = stores[where]!
      const begin = (sql: string, memoryBytes = GiB) => streamer.stream(sql, format, {}, { memoryBytes })
      await assert.rejects(begin('SELECT nothing FROM nowhere'), troubleOf('rejected'))
      await assert.rejects(begin('SELECT throwIf(number = 5) FROM numbers(10)'), troubleOf('rejected'))
      await assert.rejects(
        begin('SELECT number FROM numbers(100000000) ORDER BY rand()', 50 * 2 ** 20),
        troubleOf('memory'),
      )
      const pieces = await begin('SELECT number, throwIf(number = 9000000), rand64() FROM numbers(10000000)')
      // What a server had to say went with the connection.
      await assert.rejects(bytesOf(pieces), troubleOf(where === 'remote' ? 'unavailable' : 'rejected'))
    })
  }

  test(`nothing but a question can be streamed (${where})`, async () => {
    const { streamer } = stores[where]!
    const file = join(directory, `written-${where}`)
    for (const sql of [
      'DROP TABLE points',
      'INSERT INTO points SELECT * FROM points',
      `SELECT 1 INTO OUTFILE '${file}'`,
      "SELECT * FROM file('/etc/hostname', 'LineAsString')",
    ])
      await assert.rejects(streamer.stream(sql, 'Parquet', {}, options), StoreTrouble, sql)
    assert.equal(existsSync(file), false)
  })

  test(`a reader that leaves stops its query, early and late (${where})`, async () => {
    const store = stores[where]!
    for (const pieces of [0, 1, 30]) {
      const { mark, sql } = endless()
      const stream = await store.streamer.stream(sql, 'ArrowStream', {}, options)
      for (let i = 0; i < pieces; i++) assert.equal((await stream.next()).done, false)
      assert.equal(await underWay(store, mark), 1)
      await stream.return!()
      await until('the query is gone', async () => (await underWay(store, mark)) === 0)
    }
  })

  test(`an abort stops the query: before its first piece, while it is read, and while nobody reads (${where})`, async () => {
    const store = stores[where]!
    const silent = `mark${++marks}of${process.pid}`
    const first = new AbortController()
    const never = store.streamer.stream(
      `SELECT count() AS ${silent} FROM system.numbers WHERE sipHash64(number) = 1`,
      ...['ArrowStream' as const, {}, { ...options, signal: first.signal }],
    )
    await until('the query is there', async () => (await underWay(store, silent)) === 1)
    const reason = new Error('the client is gone')
    first.abort(reason)
    await assert.rejects(never, reason)
    await until('the query is gone', async () => (await underWay(store, silent)) === 0)

    for (const reads of [true, false]) {
      const { mark, sql } = endless()
      const { signal, abort } = abortable()
      const stream = await store.streamer.stream(sql, 'Parquet', {}, { ...options, signal })
      const reading = reads ? assert.rejects(bytesOf(stream), reason) : sleep(300)
      await sleep(100)
      assert.equal(await underWay(store, mark), 1)
      abort(reason)
      await reading
      await until('the query is gone', async () => (await underWay(store, mark)) === 0)
    }
    const gone = AbortSignal.abort(reason)
    await assert.rejects(store.streamer.stream('SELECT 1', 'Parquet', {}, { ...options, signal: gone }), reason)
  })

  test(`the engine waits for a reader that is slow, and its sessions serve again afterwards (${where})`, async () => {
    const store = stores[where]!
    const { mark, sql } = endless()
    const stream = await store.streamer.stream(sql, 'ArrowStream', {}, options)
    const made = async () => {
      const [row] = await store.reader.rows<{ rows: number }>(
        "SELECT toFloat64(read_rows) AS rows FROM system.processes WHERE position(query, {mark:String}) > 0 AND query NOT LIKE '%system.processes%'",
        { mark },
      )
      return row!.rows
    }
    await sleep(300)
    const before = await made()
    await sleep(300)
    assert.equal(await made(), before)
    await stream.return!()
    for (let i = 0; i < 6; i++)
      assert.ok((await bytesOf(await store.streamer.stream('SELECT 1', 'Parquet', {}, options))).length > 12)
  })
}

function abortable() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: (reason: Error) => controller.abort(reason) }
}
