import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { clusterFiles, clusterFolder, clusterSql } from '../../schema/cluster/generate.ts'
import { clusterStatements } from './cluster.fixture.ts'
import { quiet } from './server.fixture.ts'
import { openStore, type Store } from './store.ts'

let store: Store
let directory: string

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepstream-cluster-'))
  const limits = { queryTimeoutMs: 5_000, queryMemoryBytes: 2e9 }
  store = await openStore({ dataDir: directory, readSessions: 1, logger: quiet, ...limits })
})
after(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const statements = clusterStatements()

test('the files for a cluster are those that the generator makes of schema/tables', () => {
  const committed = readdirSync(clusterFolder).filter((name) => name.endsWith('.sql'))
  const made = clusterFiles()
  assert.deepEqual(committed.sort(), [...made.keys()].sort())
  for (const [name, sql] of made) {
    const stale = `schema/cluster/${name} is stale: node dist/schema/cluster/generate.js`
    assert.equal(readFileSync(join(clusterFolder, name), 'utf8'), sql, stale)
  }
})

test('the engine can parse every statement', async () => {
  const altered = statements.filter(({ statement }) => statement.startsWith('ALTER'))
  assert.equal(altered.length, 22)
  // Of each table the shard's own and the one over all shards, which is made anew where columns come or go; other files have one statement, and the
  // last a table and what was applied.
  const made = statements.filter(({ statement }) => statement.includes('CREATE TABLE'))
  const anew = statements.filter(({ statement }) => statement.includes('CREATE OR REPLACE TABLE'))
  const alone = statements.length - made.length - 2 * anew.length
  assert.equal(anew.length, 4)
  assert.equal(made.length + 2 * anew.length + 2 * alone, 2 * clusterFiles().size + 2)
  for (const { name, statement } of statements) {
    const parsed = store.reader.rows('SELECT formatQuery({statement:String})', { statement })
    assert.ok((await parsed).length > 0, name)
    // The engine does not look at what follows VALUES.
    const cut = statement.replace(/^\((?! *')/m, '')
    if (cut !== statement) await assert.rejects(store.reader.rows('SELECT formatQuery({cut:String})', { cut }), name)
  }
})

test('every setting of a table is one that the engine knows', async () => {
  const rows = await store.reader.rows<{ name: string }>(
    'SELECT name FROM system.replicated_merge_tree_settings UNION ALL SELECT name FROM system.settings',
  )
  const known = new Set(rows.map(({ name }) => name))
  const tables = statements.filter(({ statement }) => !statement.trimStart().startsWith('INSERT'))
  const lists = tables.flatMap(({ statement }) => statement.match(/\bSETTINGS? (?:\(.*?\)|.*)/g) ?? [])
  const used = lists.flatMap((list) => [...list.matchAll(/(\w+) =/g)].map((match) => match[1]!))
  assert.ok(used.length > 20)
  assert.deepEqual(
    used.filter((name) => !known.has(name)),
    [],
  )
})

test('rows of one key are on one shard: the sharding key comes from columns that the order has, or from a hash of them', async () => {
  for (const [name, sql] of clusterFiles()) {
    if (!sql.includes('CREATE TABLE')) continue
    const [, order] = /^ORDER BY \(?(.*?)\)?$/m.exec(sql)!
    const [, key] = /_local, (?:cityHash64\()?(\w+)\)/.exec(sql)!
    const hashes: Readonly<Record<string, readonly string[]>> = {
      key: ['project', 'run'],
      run_key: ['project', 'run'],
    }
    if (order!.split(', ').includes(key!)) continue
    for (const column of hashes[key!] ?? [key!]) assert.ok(order!.split(', ').includes(column), `${name}: ${column}`)
  }
})

test('a statement of another shape is refused instead of half understood', () => {
  assert.throws(() => clusterSql('CREATE TABLE odd (a UInt8) ENGINE = Memory', 'odd.sql'), /odd\.sql: not a table/)
})
