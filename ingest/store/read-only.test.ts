/** The questions of users read and do nothing else, with bounded means: in the embedded engine, and at a server as a user of their own. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { StoreTrouble } from '../../schema/store.ts'
import type { Store } from './contract.ts'
import { openRemote, quiet, type StoreProcess, startStoreProcess } from './server.fixture.ts'
import { openStore } from './store.ts'

const MiB = 1024 * 1024
const limits = { queryTimeoutMs: 5_000, queryMemoryBytes: 512 * MiB, queryResultBytes: 4 * MiB }
const users = { STORE_USER: 'writer', STORE_PASSWORD: 'w', STORE_READER_USER: 'asker', STORE_READER_PASSWORD: 'a' }

let directory: string
let server: StoreProcess
const stores: Record<string, Store> = {}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepstream-read-only-'))
  server = await startStoreProcess(join(directory, 'server'), users)
  stores.embedded = await openStore({ dataDir: join(directory, 'embedded'), readSessions: 1, logger: quiet, ...limits })
  const asker = { user: 'asker', password: 'a' }
  stores.remote = await openRemote(server.url, { ...limits, user: 'writer', password: 'w', asker })
  for (const store of Object.values(stores)) {
    await store.command('CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a')
    await store.command('INSERT INTO kept SELECT number FROM numbers(1000)')
  }
})
after(async () => {
  for (const store of Object.values(stores)) await store.close()
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

const written = join(tmpdir(), `stepstream-read-only-${process.pid}.csv`)
const attempts = [
  'INSERT INTO kept VALUES (1)',
  'INSERT INTO kept SELECT 1',
  `INSERT INTO FUNCTION file('${written}', 'CSV', 'a UInt8') SELECT 1`,
  `SELECT 1 INTO OUTFILE '${written}'`,
  'ALTER TABLE kept DELETE WHERE 1',
  'DELETE FROM kept WHERE 1',
  'TRUNCATE TABLE kept',
  'DROP TABLE kept',
  'RENAME TABLE kept TO gone',
  'OPTIMIZE TABLE kept FINAL',
  'CREATE TABLE other (a UInt8) ENGINE = Memory',
  'CREATE TEMPORARY TABLE other (a UInt8)',
  "KILL QUERY WHERE query LIKE '%'",
  'SYSTEM STOP MERGES',
  'SET max_threads = 1',
  'USE system',
  "SELECT * FROM file('/etc/hostname', 'LineAsString')",
  "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
  "SELECT * FROM remote('127.0.0.1:1', system.one)",
  'SELECT 1; DROP TABLE kept',
  'SELECT 1 SETTINGS readonly = 0',
]

for (const where of ['embedded', 'remote']) {
  test(`a question can only read (${where})`, async () => {
    const { reader } = stores[where]!
    for (const sql of attempts) {
      const refused = (error: unknown) => error instanceof StoreTrouble
      await assert.rejects(reader.rows(sql), refused, sql)
      await assert.rejects(reader.columns(sql), refused, sql)
    }
    assert.equal(existsSync(written), false)
    assert.deepEqual(await reader.rows('SELECT count() AS rows, sum(a) AS sum FROM kept'), [
      { rows: 1000, sum: 499_500 },
    ])
    assert.deepEqual(await reader.rows("SELECT value FROM system.settings WHERE name = 'readonly'"), [{ value: '1' }])
  })

  test(`parameters and the settings of a statement work all the same (${where})`, async () => {
    const { reader } = stores[where]!
    const sql = `SELECT sum(a) AS sum, (SELECT value FROM system.settings WHERE name = 'optimize_aggregation_in_order') AS inOrder
      FROM kept WHERE a IN {chosen:Array(UInt64)} GROUP BY {text:String}`
    const parameters = { chosen: [1, 2, 3], text: "'; DROP TABLE kept --" }
    const settings = ' SETTINGS optimize_aggregation_in_order = 1'
    assert.deepEqual(await reader.rows(sql + settings, parameters), [{ sum: 6, inOrder: '1' }])
    // And stay with that statement.
    assert.deepEqual(await reader.rows(sql, parameters), [{ sum: 6, inOrder: '0' }])
  })

  test(`a question that takes too much is ended by name (${where})`, async () => {
    const { reader } = stores[where]!
    const rows: [kind: StoreTrouble['kind'], sql: string][] = [
      ['size', 'SELECT number FROM numbers(10000000)'],
      ['size', 'SELECT repeat(toString(number), 200) AS text FROM numbers(100000)'],
      ['memory', 'SELECT uniqExact(number) FROM numbers(200000000) SETTINGS max_threads = 1'],
      ['timeout', 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000) SETTINGS max_threads = 1'],
    ]
    for (const [kind, sql] of rows) {
      const options = kind === 'timeout' ? { timeoutMs: 300 } : {}
      await assert.rejects(
        reader.columns(sql, {}, options),
        (error) => error instanceof StoreTrouble && error.kind === kind,
        sql,
      )
    }
    const within = await reader.columns('SELECT number FROM numbers(100000)')
    assert.equal(within.rows, 100_000)
  })
}

test("no limit of a question can be widened by its own text, nor does it hold for the sink's look-ups", async () => {
  const { reader, sinkReader } = stores.embedded!
  const much = 'SELECT number FROM numbers(10000000) SETTINGS max_result_bytes = 1000000000000'
  await assert.rejects(reader.columns(much), (error) => error instanceof StoreTrouble && error.kind === 'size')
  assert.equal((await sinkReader.columns('SELECT number FROM numbers(1000000)')).rows, 1_000_000)
})
