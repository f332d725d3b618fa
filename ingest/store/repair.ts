import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { literal } from './text.ts'

/** One statement of the engine. @throws what the engine throws */
export type Statement = <T = unknown>(sql: string) => Promise<T[]>

type Part = {
  /** Of its table, as statements name it. */
  readonly table: string
  readonly name: string
  readonly partition: string
  readonly first: number
  readonly last: number
  readonly level: number
  /** Of its data: another when a statement has changed its rows. */
  readonly version: number
  readonly rows: number
  readonly path: string
  readonly fresh: boolean
}

export type Repaired = { readonly removed: string[]; readonly left: string[] }

const pauseMs = 20
/** Of the clock of parts, which counts seconds and may be set. */
const marginSeconds = 5

/** All parts are there, and those of a table that is attached later too; the engine has one disk. */
const volume = 'default.default'

/** Resolves when nothing is being merged any more. */
export async function stopMerges(statement: Statement): Promise<void> {
  await statement(`SYSTEM STOP MERGES ON VOLUME ${volume}`)
  // This ends what is under way, and changes of rows too, but counts only for tables that are there.
  await statement('SYSTEM STOP MERGES')
  while ((await statement('SELECT 1 FROM system.merges LIMIT 1')).length > 0) await sleep(pauseMs)
}

export async function startMerges(statement: Statement): Promise<void> {
  await statement(`SYSTEM START MERGES ON VOLUME ${volume}`)
  await statement('SYSTEM START MERGES')
}

/**
 * Takes parts out of the tables whose files are not what the engine believes to have written, of those that were made within the last `seconds`, and what was
 * merged from them since. A table whose parts these are is detached and attached again: what they were merged from is still on the disk and takes its place
 * again. What was inserted is told as failed to whoever sent it. No insert and no merge is under way.
 */
export async function removeBrokenParts(statement: Statement, seconds: number): Promise<Repaired> {
  const all = await parts(statement, seconds)
  const broken: Part[] = []
  for (const part of all) if (part.fresh && (await isBroken(statement, part))) broken.push(part)
  const bad = all.filter((part) => broken.some((source) => source === part || covers(part, source)))
  const removed = bad.filter((part) => sourcesAreThere(part, all))
  for (const table of new Set(removed.map((part) => part.table)))
    await without(
      statement,
      table,
      removed.filter((part) => part.table === table),
    )
  return {
    removed: removed.map(({ table, name }) => `${table} ${name}`),
    left: bad.filter((part) => !removed.includes(part)).map(({ table, name }) => `${table} ${name}`),
  }
}

/** All parts that are on the disk, also those that others have taken the place of. */
function parts(statement: Statement, seconds: number): Promise<Part[]> {
  const within = Math.ceil(seconds) + marginSeconds
  return statement<Part>(
    `SELECT concat('\`', database, '\`.\`', table, '\`') AS table, name, partition_id AS partition, toInt32(min_block_number) AS first,
       toInt32(max_block_number) AS last, toInt32(level) AS level, toInt32(data_version) AS version, toFloat64(rows) AS rows, path, toBool(modification_time >= now() - ${within}) AS fresh
     FROM system.parts WHERE lower(database) NOT IN ('system', 'information_schema') ORDER BY database, table, name`,
  )
}

/** Whether a file of the part is not what it was written as. Those without a checksum are never empty. */
async function isBroken(statement: Statement, part: Part): Promise<boolean> {
  try {
    const check = `CHECK TABLE ${part.table} PART ${literal(part.name)} SETTINGS check_query_single_value_result = 0`
    const [result] = await statement<{ is_passed: number }>(check)
    if (!result?.is_passed) return true
    const names = (await readdir(part.path)).filter((name) => /\.(?:txt|json)$/.test(name))
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(part.path, name))).size))
    return sizes.includes(0)
  } catch (error) {
    // It was old, and is gone.
    if (error instanceof Error && /NO_SUCH_DATA_PART|ENOENT/.test(error.message)) return false
    throw error
  }
}

/** Whether `part` was made of `source`, and maybe others. */
function covers(part: Part, source: Part): boolean {
  if (part === source || part.table !== source.table || part.partition !== source.partition) return false
  if (part.first > source.first || part.last < source.last) return false
  return part.level > source.level || (part.level === source.level && part.version > source.version)
}

/** Whether what a part was made of is on the disk, whole or broken; or it was made of nothing but one insert. */
function sourcesAreThere(part: Part, all: readonly Part[]): boolean {
  const inside = all.filter((other) => covers(part, other))
  if (inside.length === 0) return part.first === part.last
  const sources = inside.filter((source) => !inside.some((other) => covers(other, source)))
  return sources.reduce((rows, source) => rows + source.rows, 0) >= part.rows
}

/** Detaches the table, removes the parts' folders, attaches it again: so the engine goes through what is on the disk as at a start. */
async function without(statement: Statement, table: string, removed: readonly Part[]): Promise<void> {
  await statement(`DETACH TABLE ${table}`)
  try {
    for (const { path } of removed) await rm(path, { recursive: true, force: true })
  } finally {
    await attach(statement, table)
  }
  // As for the others.
  await statement(`SYSTEM STOP MERGES ${table}`)
}

async function attach(statement: Statement, table: string): Promise<void> {
  for (;;) {
    try {
      await statement(`ATTACH TABLE ${table}`)
      return
    } catch (error) {
      if (!(error instanceof Error && /still used|TABLE_ALREADY_EXISTS/.test(error.message))) throw error
      // A question still reads from what was detached, and its answer would not count any more.
      await statement('KILL QUERY WHERE query_id != queryID() ASYNC')
      await sleep(pauseMs)
    }
  }
}
