import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'

/** One file of `schema/tables`: `0001_points.sql`. Files are only ever added; a changed one is refused. */
export type Migration = { readonly name: string; readonly sql: string; readonly checksum: string }

export function readMigrations(directory: string): Migration[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name, index) => {
    const sql = readFileSync(join(directory, name), 'utf8')
    if (Number(name.slice(0, 4)) !== index + 1)
      throw new Error(`${name}: migrations are numbered 0001, 0002, … without gaps`)
    return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
  })
}

/**
 * Brings the store to the newest schema: applies what is missing, in order, and checks that what was applied has not
 * changed since. Each file is one statement, so a crash leaves it either done or not; a CREATE that was done but not
 * recorded is found by its table.
 */
export async function migrate(client: ClickHouseClient, migrations: readonly Migration[]): Promise<string[]> {
  await client.command({
    query: `CREATE TABLE IF NOT EXISTS migrations (name String, checksum String, applied DateTime64(3, 'UTC') DEFAULT now64(3))
      ENGINE = MergeTree ORDER BY name SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`,
  })
  const result = await client.query({
    query: 'SELECT name, checksum FROM migrations ORDER BY name',
    format: 'JSONEachRow',
  })
  const applied = new Map(
    (await result.json<{ name: string; checksum: string }>()).map((row) => [row.name, row.checksum]),
  )
  const known = new Set(migrations.map((migration) => migration.name))
  for (const name of applied.keys()) {
    if (!known.has(name))
      throw new Error(
        `the store has migration ${name}, which this version does not know: it was written by a newer one`,
      )
  }
  const done: string[] = []
  for (const migration of migrations) {
    const checksum = applied.get(migration.name)
    if (checksum === migration.checksum) continue
    if (checksum !== undefined)
      throw new Error(`migration ${migration.name} was changed after it was applied; add a new one instead`)
    await client.command({ query: migration.sql.replace(/^CREATE TABLE /m, 'CREATE TABLE IF NOT EXISTS ') })
    await client.command({
      query: 'INSERT INTO migrations (name, checksum) SELECT {name:String}, {checksum:String}',
      query_params: { name: migration.name, checksum: migration.checksum },
    })
    done.push(migration.name)
  }
  return done
}
