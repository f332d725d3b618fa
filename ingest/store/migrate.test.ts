import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { packageFile } from '../../schema/files.ts'
import { chosenSeed, createRandom, whole } from '../../test/random.ts'
import type { Store } from './contract.ts'
import { type Migratable, migrate, missingMigrations, readMigrations } from './migrate.ts'
import { openRemote, type StoreProcess, startStoreProcess } from './server.fixture.ts'

let directory: string
let server: StoreProcess
let waiting: Promise<Store>
let waited = false
let stores: Store[]
const migrations = readMigrations(packageFile('schema/tables'))

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepstream-migrate-'))
  server = await startStoreProcess(directory)
  waiting = openRemote(server.url, { migrate: false })
  void waiting.then(() => {
    waited = true
  })
  await sleep(300)
})
after(async () => {
  for (const store of stores) await store.close()
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

test('several processes bring the schema up to date at once, and one that may not waits for them', async () => {
  assert.equal(waited, false)
  stores = await Promise.all([1, 2, 3, 4].map(() => openRemote(server.url)))
  stores.push(await waiting)
  const tables = await stores[0]!.reader.rows<{ name: string }>('SHOW TABLES')
  const made = migrations.filter(({ sql }) => /CREATE (TABLE|VIEW|MATERIALIZED VIEW)/.test(sql))
  const expected = [...made.map(({ name }) => /_(\w+)\.sql/.exec(name)![1]!), 'migrations'].sort()
  assert.deepEqual(tables.map(({ name }) => name).sort(), expected)
})

test('what is there is not made again', async () => {
  assert.deepEqual(await migrate(stores[0]!, migrations), [])
})

test('a table that was made but not recorded is found by its table', async () => {
  await stores[0]!.command("ALTER TABLE migrations DELETE WHERE name = '0002_runs.sql' SETTINGS mutations_sync = 2")
  assert.deepEqual(await migrate(stores[0]!, migrations), ['0002_runs.sql'])
})

/** Numbers of statements: those around the one that makes others impossible, and any. */
const dropped = migrations.findIndex(({ sql }) => /DROP COLUMN/.test(sql))
const random = createRandom(chosenSeed())
const moments = [dropped, dropped + 2, dropped + 4, ...[1, 2].map(() => whole(random, 0, migrations.length + 2))]

const madeTables = async () =>
  await stores[0]!.reader.rows<{ name: string; text: string }>(
    'SELECT name, create_table_query AS text FROM system.tables WHERE database = currentDatabase() ORDER BY name',
  )

async function dropTables(): Promise<void> {
  for (const { name } of await madeTables()) await stores[0]!.command(`DROP TABLE ${name} SYNC`)
}

/** The store, with something that happens before so many statements, those that record others among them. */
function withEvent(statements: number, event: () => Promise<unknown>): Migratable {
  let left = statements
  return {
    reader: stores[0]!.reader,
    async command(sql, parameters) {
      if (left-- === 0) await event()
      await stores[0]!.command(sql, parameters)
    },
  }
}

test('whenever it dies on the way, the next one makes the same tables', async () => {
  const expected = await madeTables()
  for (const moment of moments) {
    await dropTables()
    const dying = withEvent(moment, () => Promise.reject(new Error('died')))
    await assert.rejects(migrate(dying, migrations), /died/)
    await migrate(stores[0]!, migrations)
    assert.deepEqual(await madeTables(), expected, `after ${moment} statements`)
    assert.deepEqual(await missingMigrations(stores[0]!.reader, migrations), [])
  }
})

test('whenever another one overtakes it, the tables are the same', async () => {
  const expected = await madeTables()
  for (const moment of moments) {
    await dropTables()
    await migrate(
      withEvent(moment, () => migrate(stores[0]!, migrations)),
      migrations,
    )
    assert.deepEqual(await madeTables(), expected, `after ${moment} statements`)
    assert.deepEqual(await missingMigrations(stores[0]!.reader, migrations), [])
  }
})

test('a file that was changed after it was applied is refused', async () => {
  const changed = migrations.map((one, i) => (i === 0 ? { ...one, checksum: 'other' } : one))
  await assert.rejects(migrate(stores[0]!, changed), /0001_points\.sql was changed after it was applied/)
})

test('a store that a newer version has written is refused, also by one that may not migrate', async () => {
  await stores[0]!.command("INSERT INTO migrations (name, checksum) SELECT '9999_future.sql', 'x'")
  await assert.rejects(migrate(stores[0]!, migrations), /9999_future\.sql, which this version does not know/)
  await assert.rejects(openRemote(server.url, { migrate: false }), /9999_future\.sql/)
})
