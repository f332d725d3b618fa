import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Parameters, StoreReader } from '../../schema/store.ts'

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

/** What a migration needs of a store. */
export type Migratable = {
  readonly reader: StoreReader
  command(sql: string, parameters?: Parameters): Promise<void>
}

/**
 * Brings the store to the newest schema: applies what is missing, in order, and checks that what was applied has not
 * changed since. Each file is one statement, so a crash leaves it either done or not; what was done but not recorded is
 * done again. Several processes may do so at once: each statement may be repeated.
 */
export async function migrate(store: Migratable, migrations: readonly Migration[]): Promise<string[]> {
  await createMigrations(store)
  const applied: string[] = []
  const unrecorded: Migration[] = []
  const record = async () => {
    if (unrecorded.length === 0) return
    const rows = unrecorded.splice(0)
    await store.command(
      'INSERT INTO migrations (name, checksum) SELECT row.1, row.2 FROM (SELECT arrayJoin(arrayZip({names:Array(String)}, {checksums:Array(String)})) AS row)',
      { names: rows.map(({ name }) => name), checksums: rows.map(({ checksum }) => checksum) },
    )
  }
  for (const next of await missingMigrations(store.reader, migrations)) {
    // To write that down takes longer than most statements do, so it is done of several at once.
    if (ofNoReturn(next)) await record()
    try {
      await apply(store, next.sql.replace(/^CREATE TABLE /m, 'CREATE TABLE IF NOT EXISTS '))
    } catch (error) {
      // Another process has done it, and more, so that it may not be possible any more. What follows is done again all the same: this one may just
      // have set back what the other has set since.
      const missing = await missingMigrations(store.reader, migrations)
      if (missing.some(({ name }) => name === next.name)) throw error
      continue
    }
    unrecorded.push(next)
    applied.push(next.name)
  }
  await record()
  return applied
}

/** Asks first: a store on a full disk that has all it needs is to start. */
async function createMigrations({ reader, command }: Migratable): Promise<void> {
  const sql = `SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'migrations'`
  if ((await reader.rows(sql)).length > 0) return
  await command(
    `CREATE TABLE IF NOT EXISTS migrations (name String, checksum String, applied DateTime64(3, 'UTC') DEFAULT now64(3))
      ENGINE = MergeTree ORDER BY name SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`,
  )
}

/** After it statements before it are not possible any more. */
const ofNoReturn = ({ sql }: Migration): boolean => /^ *(?:DROP|RENAME) /m.test(sql)

const pauseMs = 20

/**
 * A statement that changes rows of a table is done when the engine has gone through all of them in the background, which may take minutes; until then it refuses
 * others, also those of another process that is about to do the same.
 */
async function apply(store: Migratable, sql: string): Promise<void> {
  const table = /^ALTER TABLE (\w+)/m.exec(sql)?.[1] ?? ''
  for (;;) {
    try {
      await store.command(sql)
      break
    } catch (error) {
      if (!(error instanceof Error && /mutation .* is not finished yet/.test(error.message))) throw error
      await untilChanged(store.reader, table)
    }
  }
  if (/^ {4}UPDATE /m.test(sql)) await untilChanged(store.reader, table)
}

/** @throws Error with the engine's reason when it cannot change some rows */
async function untilChanged(reader: StoreReader, table: string): Promise<void> {
  for (;;) {
    const rows = await reader.rows<{ reason: string }>(
      'SELECT latest_fail_reason AS reason FROM system.mutations WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done',
      { table },
    )
    const failed = rows.find(({ reason }) => reason !== '')
    if (failed) throw new Error(`rows of the store cannot be changed: ${failed.reason}`)
    if (rows.length === 0) return
    await sleep(pauseMs)
  }
}

/**
 * Which migrations the store does not have yet.
 * @throws Error when it has another schema than this version knows
 */
export async function missingMigrations(reader: StoreReader, migrations: readonly Migration[]): Promise<Migration[]> {
  const rows = await reader.rows<{ name: string; checksum: string }>('SELECT name, checksum FROM migrations')
  const known = new Map(migrations.map((migration) => [migration.name, migration.checksum]))
  for (const { name, checksum } of rows) {
    if (!known.has(name))
      throw new Error(
        `the store has migration ${name}, which this version does not know: it was written by a newer one`,
      )
    if (known.get(name) !== checksum)
      throw new Error(`migration ${name} was changed after it was applied; add a new one instead`)
  }
  const applied = new Set(rows.map(({ name }) => name))
  return migrations.filter(({ name }) => !applied.has(name))
}
