/** What the same points take in our own table, so that the peers' bytes have something to stand beside. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { metricKey, runKey } from '../../schema/keys.ts'
import { onExit } from '../cleanup.ts'
import { blocksOf, type Dataset, runId } from '../dataset.ts'
import { pointRows } from '../rows.ts'
import { openStoppedStore, type Store } from '../store.ts'
import { addComparisons, type Comparison, compareSeries, sampledSeries, sentSeries } from './comparison.ts'
import type { StoredSeries } from './peer.ts'

export type OwnBytes = {
  readonly points: number
  /** Of the table in one part, as after all merges: everything in its folder, and what columns alone have of that. */
  readonly bytesPerPoint: number
  readonly columns: Readonly<Record<string, number>>
  readonly comparison: Comparison
}

const rowsAtOnce = 1_000_000

/** Blocks of a million rows go into a store in an empty folder, as a sink would put them there; then the table is merged. */
export async function measureOwnBytes(dataset: Dataset, workDirectory: string): Promise<OwnBytes> {
  const directory = join(workDirectory, `stepstream-${process.pid}`)
  mkdirSync(directory, { recursive: true })
  const removed = onExit(() => rmSync(directory, { recursive: true, force: true }))
  const store = await openStoppedStore(directory)
  try {
    // Columns of small parts share a file, and the engine does not say what each takes of it.
    await store.command('ALTER TABLE points MODIFY SETTING min_bytes_for_wide_part = 0')
    const blocks = blocksOf(dataset, 0)
    const together = Math.max(1, Math.floor(rowsAtOnce / (dataset.runs * dataset.pointsPerFrame)))
    for (let block = 0; block < blocks; block += together) {
      const { rows, columns } = pointRows(dataset, block, Math.min(blocks, block + together), 'sorted')
      await store.insertBlock('points', rows, columns, `own:${block}`)
    }
    await store.command('OPTIMIZE TABLE points FINAL SETTINGS max_execution_time = 0')
    return { ...(await bytesOf(store)), comparison: await compare(store, dataset) }
  } finally {
    await store.close()
    removed()
  }
}

async function bytesOf(store: Store): Promise<Omit<OwnBytes, 'comparison'>> {
  const parts = await store.reader.rows<{ points: string; bytes: string }>(
    "SELECT toString(sum(rows)) AS points, toString(sum(bytes_on_disk)) AS bytes FROM system.parts WHERE table = 'points' AND active",
  )
  const columns = await store.reader.rows<{ column: string; bytes: string }>(
    `SELECT column, toString(sum(column_data_compressed_bytes)) AS bytes FROM system.parts_columns
     WHERE table = 'points' AND active GROUP BY column ORDER BY min(column_position)`,
  )
  const points = Number(parts[0]!.points)
  return {
    points,
    bytesPerPoint: Number(parts[0]!.bytes) / points,
    columns: Object.fromEntries(columns.map(({ column, bytes }) => [column, Number(bytes) / points])),
  }
}

const sampledCount = 40

async function compare(store: Store, dataset: Dataset): Promise<Comparison> {
  const all: Comparison[] = []
  for (const { run, metric } of sampledSeries(dataset, sampledCount)) {
    all.push(compareSeries(sentSeries(dataset, run, metric), await stored(store, dataset, run, metric)))
  }
  return addComparisons(all)
}

async function stored(store: Store, dataset: Dataset, run: number, metric: number): Promise<StoredSeries> {
  const { columns } = await store.reader.columns(
    `SELECT toFloat64(toUnixTimestamp64Milli(time)) AS times, value AS values FROM point_values
     WHERE run = {run:UInt64} AND metric = {metric:UInt64} ORDER BY run, metric, step, ord`,
    { run: runKey(dataset.project, runId(run)), metric: metricKey(dataset.metrics[metric]!.name) },
  )
  const numbers = (name: string) => [...(columns.get(name) as Float64Array)]
  return { times: numbers('times'), values: numbers('values') }
}

export function ownBytesInWords({ points, bytesPerPoint, columns, comparison }: OwnBytes): string {
  const parts = Object.entries(columns).map(([name, bytes]) => `${name} ${bytes.toFixed(3)}`)
  const same = ((100 * comparison.exact) / comparison.points).toFixed(1)
  return `stepstream's table: ${bytesPerPoint.toFixed(2)} bytes a point of ${points} (${parts.join(', ')}), same bits ${same}%`
}
