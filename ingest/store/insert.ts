import { type FileHandle, mkdir, open, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { type BlockColumn, nativeBlock } from './native-block.ts'
import { literal } from './pool.ts'

/** Puts whole blocks of rows into tables, each atomically. */
export type BlockInserter = {
  /**
   * Inserts one block. With a `token` a block that was inserted under the same token before is skipped, also after a
   * crash. The columns' memory is free again when the promise settles.
   */
  insertBlock(table: string, rows: number, columns: readonly BlockColumn[], token?: string): Promise<void>
  close(): Promise<void>
}

/**
 * The embedded engine's insert paths take text only, so a block goes through a file in Native format, in memory-backed
 * disk where there is room, and `INSERT INTO … SELECT … FROM file(…)`. One insert at a time; callers queue.
 */
export async function createFileInserter(client: ClickHouseClient, dataDirectory: string): Promise<BlockInserter> {
  const directory = await spoolDirectory(dataDirectory)
  const name = join(directory, `stepstream-${process.pid}-${Date.now().toString(36)}.native`)
  const file = await open(name, 'w+', 0o600)
  // Without a name the file cannot outlive the process, however that ends. Elsewhere than on Linux it has to keep one.
  const nameless = process.platform === 'linux'
  if (nameless) await unlink(name)
  const path = nameless ? `/proc/self/fd/${file.fd}` : name
  let previous: Promise<void> = Promise.resolve()

  async function insert(table: string, rows: number, columns: readonly BlockColumn[], token?: string): Promise<void> {
    await writeWhole(file, nativeBlock(rows, columns))
    const names = columns.map((column) => column.name).join(', ')
    await client.command({
      query: `INSERT INTO ${table} (${names}) SELECT ${names} FROM file(${literal(path)}, 'Native') SETTINGS ${insertSettings(rows, token)}`,
    })
  }

  return {
    insertBlock(table, rows, columns, token) {
      const run = previous.then(() => insert(table, rows, columns, token))
      previous = run.catch(() => {})
      return run
    },
    async close() {
      await previous
      await file.close()
      if (!nameless) await unlink(name).catch(() => {})
    },
  }
}

/** One block in, one block out, one thread; each default that has moved between releases is set. */
function insertSettings(rows: number, token: string | undefined): string {
  const settings: Record<string, string | number> = {
    max_threads: 1,
    max_insert_threads: 1,
    max_block_size: Math.max(rows, 1),
    max_insert_block_size: Math.max(rows, 1),
    min_insert_block_size_rows: 0,
    min_insert_block_size_bytes: 0,
    async_insert: 0,
    insert_deduplicate: token === undefined ? 0 : 1,
    deduplicate_insert_select: literal(token === undefined ? 'disable' : 'force_enable'),
    max_execution_time: 0,
    ...(token === undefined ? {} : { insert_deduplication_token: literal(token) }),
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ')
}

/** Overwrites the file in place: its pages stay allocated, and truncating to the exact length ends the block. */
async function writeWhole(file: FileHandle, pieces: Uint8Array[]): Promise<void> {
  const length = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
  const { bytesWritten } = await file.writev(pieces, 0)
  if (bytesWritten !== length) throw new Error(`wrote ${bytesWritten} of ${length} bytes of a block`)
  await file.truncate(length)
}

const spoolBytesNeeded = 512 * 1024 * 1024

async function spoolDirectory(dataDirectory: string): Promise<string> {
  try {
    const { bavail, bsize } = await statfs('/dev/shm')
    if (bavail * bsize >= spoolBytesNeeded) return '/dev/shm'
  } catch {
    // No memory-backed disk here: the data directory serves.
  }
  const directory = join(dataDirectory, 'spool')
  await mkdir(directory, { recursive: true })
  return directory
}
