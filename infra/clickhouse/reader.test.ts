import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStore } from '../../ingest/store/store.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { readerFile, readerSql, readerStatements, usualNames } from './reader.ts'

test('the file is what the generator makes', () => {
  assert.equal(readFileSync(readerFile, 'utf8'), readerSql(usualNames), 'stale: node dist/infra/clickhouse/reader.js')
})

test('the engine can parse every statement and knows every setting, for one server and for a cluster', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'stepstream-reader-'))
  const limits = { queryTimeoutMs: 5_000, queryMemoryBytes: 2e9 }
  const store = await openStore({ dataDir, readSessions: 1, logger: createLogger('silent'), ...limits })
  try {
    for (const names of [usualNames, { user: 'other', database: 'metrics', cluster: 'main' }]) {
      for (const statement of readerStatements(names)) {
        const [row] = await store.reader.rows<{ text: string }>('SELECT formatQuery({statement:String}) AS text', {
          statement,
        })
        assert.ok(row!.text.length > 0)
      }
    }
    const [profile] = readerStatements(usualNames)
    const named = [...profile!.matchAll(/^ {4}(\w+) =/gm)].map((match) => match[1]!)
    assert.ok(named.length > 8)
    const known = await store.reader.rows<{ name: string }>(
      'SELECT name FROM system.settings WHERE name IN {named:Array(String)}',
      { named },
    )
    assert.deepEqual(known.map(({ name }) => name).sort(), [...named].sort())
  } finally {
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('a name that could be more than a name is refused', () => {
  assert.throws(() => readerStatements({ user: 'a; DROP TABLE points', database: 'default' }), /not a name/)
})
