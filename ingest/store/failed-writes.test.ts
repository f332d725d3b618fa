import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { packageFile } from '../../schema/files.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { until } from '../../test/harness.ts'
import { assertRoomFor, assertRoomToBegin, isScarce } from './failed-writes.ts'
import { migrate, readMigrations } from './migrate.ts'
import { coded, pointBlocks } from './points.fixture.ts'
import { quiet } from './server.fixture.ts'
import { openStore, type Store } from './store.ts'

/** Of Debian's util-linux: sets a limit of a process that runs. */
const prlimit = ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path))
const skip = prlimit ? false : 'WRITES CANNOT BE MADE TO FAIL HERE: no prlimit'

/** Files of this process grow no further than so many bytes, as on a disk that is full. Node's own as well. */
const limitFiles = (bytes: number | 'unlimited') =>
  void execFileSync(prlimit!, [`--pid=${process.pid}`, `--fsize=${bytes}:`])
async function withFilesOf<T>(bytes: number, work: () => Promise<T>): Promise<T> {
  limitFiles(bytes)
  try {
    return await work()
  } finally {
    limitFiles('unlimited')
  }
}

const rows = 50_000
const blockOf = pointBlocks('sparse', 'noisy float64 loss', rows)
const blocks = Array.from({ length: 6 }, (_, block) => coded(blockOf(block)))

async function storeOf(context: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), 'stepstream-failed-writes-'))
  const told: string[] = []
  const logger: Logger = Object.create(quiet, { error: { value: (_: unknown, text: string) => told.push(text) } })
  const open = () => openStore({ dataDir, readSessions: 1, queryTimeoutMs: 20_000, queryMemoryBytes: 2e9, logger })
  let store = await open()
  context.after(async () => {
    limitFiles('unlimited')
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
  })
  return {
    /** Errors of its log. */
    told,
    store: () => store,
    async again() {
      await store.close()
      store = await open()
    },
  }
}

const insert = (store: Store, block: number, turn?: () => Promise<void>) =>
  store.insertBlock('points', rows, blocks[block]!.columns, `token ${block}`, turn)

type Contents = { rows: number; hash: string }
/** Each value is read. */
async function contents({ reader }: Store, table = 'points'): Promise<Contents> {
  const [found] = await reader.rows<Contents>(
    `SELECT count() AS rows, toString(sum(cityHash64(*))) AS hash FROM ${table}`,
  )
  return found!
}
async function partsOf({ reader }: Store): Promise<string[]> {
  const parts = await reader.rows<{ name: string }>(
    `SELECT name FROM system.parts WHERE table = 'points' AND active ORDER BY min_block_number`,
  )
  return parts.map(({ name }) => name)
}
const failed = { code: '75' }

test('a merge whose writes fail leaves its sources', { skip }, async (context) => {
  const { store, again } = await storeOf(context)
  await store().command('SYSTEM STOP MERGES points')
  for (let block = 0; block < 4; block++) await insert(store(), block)
  const before = { contents: await contents(store()), parts: await partsOf(store()) }
  assert.equal(before.parts.length, 4)
  await store().command('SYSTEM START MERGES points')
  // Larger than any file of a block, smaller than one of all.
  await assert.rejects(
    withFilesOf(1_000_000, () => store().command('OPTIMIZE TABLE points FINAL')),
    failed,
  )
  assert.deepEqual({ contents: await contents(store()), parts: await partsOf(store()) }, before)
  await insert(store(), 3)
  assert.deepEqual(await contents(store()), before.contents, 'tokens are still known')

  await again()
  assert.deepEqual({ contents: await contents(store()), parts: await partsOf(store()) }, before)
  await store().command('OPTIMIZE TABLE points FINAL')
  assert.deepEqual(await contents(store()), before.contents)
  assert.equal((await partsOf(store())).length, 1)
})

test('a merge in the background whose writes fail is found by itself', { skip }, async (context) => {
  const { store, told } = await storeOf(context)
  await store().command('SYSTEM STOP MERGES points')
  for (let block = 0; block < 6; block++) await insert(store(), block)
  const before = await contents(store())
  await store().command('ALTER TABLE points MODIFY SETTING merge_selector_base = 2')
  await withFilesOf(1_000_000, async () => {
    await store().command('SYSTEM START MERGES points')
    await until('failed writes are found', () => told.length > 0)
  })
  assert.deepEqual(await contents(store()), before)
  await until('parts are merged again', async () => (await partsOf(store())).length < 6)
  assert.deepEqual(await contents(store()), before)
})

test('a block whose writes fail is not told as stored, and can be sent again', { skip }, async (context) => {
  const { store, again } = await storeOf(context)
  await insert(store(), 0)
  // Of two at once neither is believed. The other's writes may have failed or not, so it would have to be looked for.
  const other = insert(store(), 1).then(
    () => true,
    () => false,
  )
  const refused = insert(store(), 2, async () => limitFiles(100_000))
  await assert.rejects(
    refused.finally(() => limitFiles('unlimited')),
    failed,
  )
  const believed = await other
  const stored = (await contents(store())).rows - rows
  assert.ok(stored === rows || (stored === 0 && !believed))
  await again()
  assert.equal((await contents(store())).rows, rows + stored)
  // Its token is spent, as after a server that was killed between the token and the block.
  await store().insertBlock('points', rows, blocks[2]!.columns, 'another token')
  assert.equal((await contents(store())).rows, 2 * rows + stored)
})

test('rows that are changed by writes that fail stay as they were', { skip }, async (context) => {
  const { store } = await storeOf(context)
  for (let block = 0; block < 2; block++) await insert(store(), block)
  const before = await contents(store())
  const change = 'ALTER TABLE points UPDATE time = time + 1000 WHERE 1 SETTINGS mutations_sync = 1'
  await assert.rejects(
    withFilesOf(100_000, () => store().command(change)),
    failed,
  )
  assert.equal((await contents(store())).rows, before.rows)
})

test('every table can be repaired, and serves as before', { skip }, async (context) => {
  const { store } = await storeOf(context)
  const tables = await store().reader.rows<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name`,
  )
  assert.ok(tables.length > 8)
  for (const { name } of tables) {
    const fill = () => store().command(`INSERT INTO ${name} SELECT * FROM generateRandom() LIMIT 10`)
    await fill()
    const before = await contents(store(), name)
    await assert.rejects(withFilesOf(0, fill), failed, name)
    assert.deepEqual(await contents(store(), name), before, name)
    await fill()
    assert.notDeepEqual(await contents(store(), name), before, name)
  }
})

test('nobody who reads holds up a repair', { skip }, async (context) => {
  const { store } = await storeOf(context)
  for (let block = 0; block < 4; block++) await insert(store(), block)
  const before = await contents(store())
  const slow = store().reader.rows('SELECT sum(sleepEachRow(0.00004)) AS slept FROM points')
  const told = slow.then(
    () => undefined,
    (error: unknown) => error,
  )
  // Begun, and never read on.
  const stalled = await store().streamer.stream(
    'SELECT run, metric, step, code, ord FROM points, (SELECT number FROM numbers(100)) AS times',
    'ArrowStream',
    {},
    { memoryBytes: 1e9 },
  )
  await stalled.next()
  const refused = insert(store(), 5, async () => limitFiles(100_000))
  await assert.rejects(
    refused.finally(() => limitFiles('unlimited')),
    failed,
  )
  assert.match(String(await told), /failed meanwhile/)
  assert.deepEqual(await contents(store()), before)
  await assert.rejects(async () => {
    for await (const _ of stalled);
  }, /failed meanwhile/)
})

test('what would be half written on a full disk is not begun there', () => {
  // A file system that has no room for anything.
  const full = '/proc'
  const failedRoom = { code: '75', message: /0\.0 MiB left, and 16 are needed/ }
  const changes = ['CREATE TABLE t (a Int8)', ' alter table t drop column a', '/* a */ -- b\nRENAME TABLE a TO b']
  const migrations = readMigrations(packageFile('schema/tables')).map(({ sql }) => sql)
  for (const statement of [...changes, ...migrations.filter((sql) => !/^INSERT /m.test(sql))])
    assert.throws(() => assertRoomFor(statement, full), failedRoom, statement)
  for (const statement of ['SELECT 1', 'INSERT INTO t SELECT 1', 'OPTIMIZE TABLE t', 'DROP TABLE t'])
    assertRoomFor(statement, full)
  assert.throws(() => assertRoomToBegin(full), failedRoom)
  assert.ok(isScarce(full))
})

test('a store that has all it needs starts on a full disk', async (context) => {
  const { store } = await storeOf(context)
  const statements: string[] = []
  const migratable = { reader: store().reader, command: async (sql: string) => void statements.push(sql) }
  assert.deepEqual(await migrate(migratable, readMigrations(packageFile('schema/tables'))), [])
  assert.deepEqual(statements, [])
})
