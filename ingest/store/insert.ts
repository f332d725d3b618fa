import { type BlockColumn, nativeBlock } from './native-block.ts'
import { openSpools } from './spools.ts'
import { assignments, literal } from './text.ts'

/** Puts whole blocks of rows into tables, each atomically. */
export type BlockInserter = {
  /**
   * Inserts one block. With a `token` a block that was inserted under the same token before is skipped, also after a
   * crash. With a `turn` all is done that can be, and nothing is inserted before the turn has come; if that
   * throws, nothing is. The columns' memory is free again when the promise settles.
   */
  insertBlock(table: string, rows: number, columns: readonly BlockColumn[], token?: string, turn?: Turn): Promise<void>
  close(): Promise<void>
}

/** Resolves when a block may be inserted, or throws because it may not. */
export type Turn = () => Promise<void>

/** Most of an insert is waiting for the disk; more than this only costs memory. Of one partition's points the caller sees to the order. */
export const insertsSideBySide = 3

/**
 * The embedded engine's insert paths take text only, so a block goes through a file in Native format, in memory-backed
 * disk where there is room, and `INSERT INTO … SELECT … FROM file(…)`.
 */
export function createFileInserter(command: (sql: string) => Promise<void>, dataDirectory: string): BlockInserter {
  const spools = openSpools(dataDirectory, insertsSideBySide)

  async function insert(
    table: string,
    rows: number,
    columns: readonly BlockColumn[],
    token?: string,
    turn?: Turn,
  ): Promise<void> {
    const spool = await spools.take()
    try {
      await spool.write(nativeBlock(rows, columns))
      await turn?.()
      const names = columns.map((column) => column.name).join(', ')
      const settings = { ...blockSettings(rows, token), ...statisticsSettings(table) }
      await command(insertFromFile({ into: table, names, path: spool.path, format: 'Native', settings }))
    } finally {
      spools.giveBack(spool)
    }
  }

  return { insertBlock: insert, close: () => spools.close() }
}

export type FileInsert = {
  /** The table, or `FUNCTION …`, as the statement names it. */
  readonly into: string
  readonly names: string
  readonly path: string
  readonly format: string
  readonly settings: Readonly<Record<string, string>>
}

export function insertFromFile({ into, names, path, format, settings }: FileInsert): string {
  const file = `file(${literal(path)}, ${literal(format)})`
  return `INSERT INTO ${into} (${names}) SELECT ${names} FROM ${file} SETTINGS ${assignments(settings).join(', ')}`
}

/** Statistics of a block that comes in, not only of what merges make of it: of `points` they are cheap, and a look for what is new leaves out whole parts by them. */
export function statisticsSettings(table: string): Record<string, string> {
  return { materialize_statistics_on_insert: table === 'points' ? '1' : '0' }
}

/** One block in, one block out, one thread; each default that has moved between releases is set. */
export function blockSettings(rows: number, token: string | undefined): Record<string, string> {
  return {
    max_threads: '1',
    max_insert_threads: '1',
    max_block_size: String(Math.max(rows, 1)),
    max_insert_block_size: String(Math.max(rows, 1)),
    min_insert_block_size_rows: '0',
    min_insert_block_size_bytes: '0',
    async_insert: '0',
    insert_deduplicate: token === undefined ? '0' : '1',
    deduplicate_insert_select: token === undefined ? 'disable' : 'force_enable',
    max_execution_time: '0',
    ...(token === undefined ? {} : { insert_deduplication_token: token }),
  }
}
