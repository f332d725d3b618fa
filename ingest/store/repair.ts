import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { literal, quoted } from './text.ts'

/** One statement of the engine. @throws what the engine throws */
export type Statement = <T = unknown>(sql: string) => Promise<T[]>

type Part = {
  readonly database: string
  readonly table: string
  readonly name: string
  readonly partition: string
  /** Numbers of the inserts that are in it. */
  readonly first: number
  readonly last: number
  /** How often it was merged; some engines of tables begin with 1. */
  readonly level: number
  /** `first` until a statement has changed its rows. */
  readonly version: number
  readonly rows: number
  readonly path: string
  readonly fresh: boolean
}

export type Repaired = { readonly removed: string[]; readonly left: string[] }

export type Repairs = {
  /** Resolves when nothing is being merged any more. */
  stopMerges(): Promise<void>
  startMerges(): Promise<void>
  /** Asks all statements that run to end. */
  endStatements(): Promise<void>
  /**
   * Takes parts out of the tables whose files are not what the engine believes to have written, of those that were made within the last `seconds`, and what
   * was merged from them since. A table whose parts these are is detached and attached again: what they were merged from is still on the disk and takes its
   * place again. What was inserted is told as failed to whoever sent it. No insert and no merge is under way.
   */
  removeBrokenParts(seconds: number): Promise<Repaired>
}

const pauseMs = 20
/** Of the clock of parts, which counts seconds. */
const marginSeconds = 5
/** So long who reads from a table that was detached may take to let go of it. */
const attachMs = 10_000
/** All parts are there, and those of a table that is attached later too; the engine has one disk. */
const volume = 'default.default'

export function createRepairs(statement: Statement): Repairs {
  /** Tables that are to be attached again. */
  const detached = new Set<string>()

  async function stopMerges(): Promise<void> {
    await statement(`SYSTEM STOP MERGES ON VOLUME ${volume}`)
    // This ends what is under way, and changes of rows too, but counts only for tables that are there.
    await statement('SYSTEM STOP MERGES')
    while ((await statement('SELECT 1 FROM system.merges LIMIT 1')).length > 0) await sleep(pauseMs)
  }

  async function startMerges(): Promise<void> {
    await statement(`SYSTEM START MERGES ON VOLUME ${volume}`)
    await statement('SYSTEM START MERGES')
  }

  async function endStatements(): Promise<void> {
    await statement('KILL QUERY WHERE query_id != queryID() ASYNC')
  }

  async function removeBrokenParts(seconds: number): Promise<Repaired> {
    const errors: unknown[] = []
    const attempt = (work: () => Promise<void>) => work().catch((error: unknown) => void errors.push(error))
    // Of a repair that failed.
    for (const table of detached) await attempt(() => attach(table))
    const all = await parts(seconds)
    const broken: Part[] = []
    for (const part of all) if (part.fresh && (await isBroken(part))) broken.push(part)
    const bad = all.filter((part) => broken.some((source) => source === part || covers(part, source)))
    const removed = bad.filter((part) => wasInserted(part) || sourcesAreThere(part, all))
    for (const table of new Set(removed.map(tableOf)))
      await attempt(() =>
        without(
          table,
          removed.filter((part) => tableOf(part) === table),
        ),
      )
    if (errors.length > 0) throw new AggregateError(errors, 'a table could not be repaired')
    const nameOf = ({ database, table, name }: Part) => `${database}.${table} ${name}`
    return { removed: removed.map(nameOf), left: bad.filter((part) => !removed.includes(part)).map(nameOf) }
  }

  /** All parts that are on the disk, also those that others have taken the place of. */
  function parts(seconds: number): Promise<Part[]> {
    const within = Math.ceil(seconds) + marginSeconds
    return statement<Part>(
      `SELECT database, table, name, partition_id AS partition, toInt32(min_block_number) AS first, toInt32(max_block_number) AS last,
         toInt32(level) AS level, toInt32(data_version) AS version, toFloat64(rows) AS rows, path, toBool(modification_time >= now() - ${within}) AS fresh
       FROM system.parts WHERE lower(database) NOT IN ('system', 'information_schema') ORDER BY database, table, name`,
    )
  }

  /** Whether a file of the part is not what it was written as. Those without a checksum are never empty. */
  async function isBroken(part: Part): Promise<boolean> {
    try {
      const check = `CHECK TABLE ${tableOf(part)} PART ${literal(part.name)} SETTINGS check_query_single_value_result = 0`
      const [result] = await statement<{ is_passed: number }>(check)
      if (!result) throw new Error(`the engine does not say whether part ${part.name} is whole`)
      if (!result.is_passed) return true
      const names = (await readdir(part.path)).filter((name) => /\.(?:txt|json)$/.test(name))
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(part.path, name))).size))
      return sizes.includes(0)
    } catch (error) {
      // Its place had been taken, and it was deleted meanwhile.
      if (error instanceof Error && /NO_SUCH_DATA_PART|ENOENT/.test(error.message)) return false
      throw error
    }
  }

  /** Detaches the table, takes the parts away, attaches it again: so the engine goes through what is on the disk as at a start. */
  async function without(table: string, removed: readonly Part[]): Promise<void> {
    await statement(`DETACH TABLE ${table}`)
    detached.add(table)
    try {
      for (const part of removed) await takeAway(part)
    } finally {
      await attach(table)
    }
  }

  async function attach(table: string): Promise<void> {
    const deadline = performance.now() + attachMs
    for (;;) {
      try {
        await statement(`ATTACH TABLE ${table}`)
        break
      } catch (error) {
        if (!(error instanceof Error && /still used/.test(error.message)) || performance.now() > deadline) throw error
        // A question still reads from what was detached, and its answer would not count any more.
        await endStatements()
        await sleep(pauseMs)
      }
    }
    detached.delete(table)
    // For the engine it is another table now, whose rows may be changed; merges of all parts are stopped as they were.
    await statement(`SYSTEM STOP MERGES ${table}`)
  }

  return { stopMerges, startMerges, endStatements, removeBrokenParts }
}

const tableOf = ({ database, table }: Part): string => `${quoted(database)}.${quoted(table)}`

/** Whether `part` was made of `source`, and maybe others. */
function covers(part: Part, source: Part): boolean {
  if (part === source || tableOf(part) !== tableOf(source) || part.partition !== source.partition) return false
  if (part.first > source.first || part.last < source.last) return false
  return part.level > source.level || (part.level === source.level && part.version > source.version)
}

/** Whether it may be what one insert has left, and nothing was merged to it. */
const wasInserted = ({ first, last, version, level }: Part): boolean =>
  first === last && version === first && level <= 1

/** Whether what a part was made of is on the disk, whole or broken. */
function sourcesAreThere(part: Part, all: readonly Part[]): boolean {
  const inside = all.filter((other) => covers(part, other))
  const sources = inside.filter((source) => !inside.some((other) => covers(other, source)))
  const rows = sources.reduce((sum, source) => sum + source.rows, 0)
  // One without rows takes the place of what was dropped.
  return part.rows > 0 && rows >= part.rows
}

/** What was merged can be merged again; of what was inserted there may be nothing else, should it have been told as stored. */
async function takeAway(part: Part): Promise<void> {
  if (!wasInserted(part)) return await rm(part.path, { recursive: true, force: true })
  const folder = part.path.replace(/\/+$/, '')
  const aside = join(dirname(folder), 'detached')
  await mkdir(aside, { recursive: true })
  await rename(folder, join(aside, `broken_${basename(folder)}_${Date.now()}`))
}
