import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { nativeBlock } from '../ingest/store/native-block.ts'
import type { Store } from '../ingest/store/store.ts'
import { onExit } from './cleanup.ts'
import { makeDataset } from './dataset.ts'
import type { Shape } from './metrics.ts'
import { pointRows, type RowOrder } from './rows.ts'

export type RawResult = {
  readonly order: RowOrder
  readonly blocks: number
  readonly points: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly pointsPerSecond: number
}

/**
 * How a block of 1 M rows is made: sparse 10,000 runs x 100 metrics with one point each, dense 100 runs x 10 metrics with
 * 1000 points each.
 */
const blockCuts: Readonly<Record<Shape, { runs: number; framesPerRun: number }>> = {
  sparse: { runs: 10_000, framesPerRun: 1 },
  dense: { runs: 100, framesPerRun: 10 },
}

/**
 * What the store itself can take: blocks of 1 M rows of the same kind of data, prepared on memory-backed disk, inserted one
 * after the other into the same table. Only the inserts are timed.
 */
export async function measureRaw(
  store: Store,
  shape: Shape,
  seed: number,
  blocks: number,
  order: RowOrder,
): Promise<RawResult> {
  const directory = mkdtempSync(join(memoryDirectory(), 'stepstream-raw-'))
  const forget = onExit(() => rmSync(directory, { recursive: true, force: true }))
  const { runs, framesPerRun } = blockCuts[shape]
  const project = `raw ${order} ${process.pid}`
  const dataset = makeDataset({ shape, seed, project, runs, frames: runs * framesPerRun * blocks })
  const paths: string[] = []
  for (let block = 0; block < blocks; block++) {
    const { rows, columns } = pointRows(dataset, block * framesPerRun, (block + 1) * framesPerRun, order)
    const path = join(directory, `${block}.native`)
    writeFileSync(path, Buffer.concat(nativeBlock(rows, columns)))
    paths.push(path)
  }
  const before = await countPoints(store)
  await untilQuiet()
  const cpu = process.cpuUsage()
  const begin = performance.now()
  for (const path of paths) await store.command(insertSql(path))
  const seconds = (performance.now() - begin) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  forget()
  const { points } = dataset
  const inserted = (await countPoints(store)) - before
  if (inserted !== points) throw new Error(`raw inserts stored ${inserted} points of ${points}`)
  return { order, blocks, points, seconds, cpuSeconds: (user + system) / 1e6, pointsPerSecond: points / seconds }
}

async function countPoints(store: Store): Promise<number> {
  const [row] = await store.reader.rows<{ rows: string }>('SELECT toString(count()) AS rows FROM points')
  return Number(row?.rows)
}

/** The engine's merges of what was inserted before must not slow down what is measured now. */
async function untilQuiet(): Promise<void> {
  for (let second = 0; second < 30; second++) {
    const cpu = process.cpuUsage()
    await sleep(1_000)
    const { user, system } = process.cpuUsage(cpu)
    if (user + system < 100_000) return
  }
}

/** As the server inserts: one block in, one part out, under a token; one thread was fastest for one block. */
function insertSql(path: string): string {
  const columns = 'run, metric, step, time, code, ord'
  return `INSERT INTO points (${columns}) SELECT ${columns} FROM file('${path}', 'Native')
    SETTINGS max_threads = 1, max_insert_threads = 1, max_block_size = 2000000, max_insert_block_size = 2000000,
      min_insert_block_size_rows = 0, min_insert_block_size_bytes = 0, async_insert = 0, max_execution_time = 0,
      insert_deduplicate = 1, deduplicate_insert_select = 'force_enable', insert_deduplication_token = '${path}'`
}

function memoryDirectory(): string {
  const blockBytes = 64 * 2 ** 20
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    if (bavail * bsize > 24 * blockBytes) return '/dev/shm'
  } catch {
    // No memory-backed disk on this system.
  }
  return tmpdir()
}
