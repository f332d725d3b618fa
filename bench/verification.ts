import { metricKey, runKey } from '../schema/keys.ts'
import type { StoreReader } from '../schema/store.ts'
import { checksumSql, expectedSum, mixers, type RunSum } from './checksum.ts'
import { blocksOf, type Dataset, runId } from './dataset.ts'

/** How the store differs from what was sent. */
export type Verification = {
  readonly project: string
  readonly points: number
  readonly storedPoints: number
  readonly storedExactly: boolean
  /** Runs that are not exactly as sent, and the first few of them in words. */
  readonly runsDiffering: number
  readonly differences: readonly string[]
}

type StoredSum = RunSum & { readonly distinct: number }
type Row = { run_key: string; rows: string; distinct_rows: string; a: number; b: number }

const keyLow32 = (key: bigint): number => Number(key & 0xffffffffn)

/** Reads every point of a dataset's runs back by SQL and compares it, run by run, with what the seed gives. */
export async function verify(reader: StoreReader, dataset: Dataset): Promise<Verification> {
  const stored = await storedSums(reader, dataset)
  const metrics = Uint32Array.from(dataset.metrics, (metric) => keyLow32(metricKey(metric.name)))
  const differences: string[] = []
  let storedPoints = 0
  let runsDiffering = 0
  for (let run = 0; run < dataset.runs; run++) {
    if (blocksOf(dataset, run) === 0) continue
    const key = runKey(dataset.project, runId(run))
    const found = stored.get(String(key)) ?? { count: 0, distinct: 0, a: 0, b: 0 }
    const difference = compare(expectedSum(dataset, run, { run: keyLow32(key), metrics }), found)
    storedPoints += found.count
    if (difference === undefined) continue
    runsDiffering++
    if (differences.length < 20) differences.push(`${runId(run)}: ${difference}`)
  }
  const storedExactly = runsDiffering === 0 && storedPoints === dataset.points
  const { project, points } = dataset
  return { project, points, storedPoints, storedExactly, runsDiffering, differences }
}

/** Undefined when the stored points of a run are the expected ones; otherwise what is wrong. */
export function compare(expected: RunSum, found: StoredSum): string | undefined {
  if (found.count !== expected.count) return `${found.count} points stored of ${expected.count}`
  if (found.distinct !== expected.count) return `only ${found.distinct} distinct points of ${expected.count}`
  if (found.a !== expected.a || found.b !== expected.b) return `checksums differ, so a value, step or time was altered`
  return undefined
}

/** Keys are computed in SQL from the names, so that a missing row of `runs` cannot hide a run's points. */
async function storedSums(reader: StoreReader, dataset: Dataset): Promise<Map<string, StoredSum>> {
  const stored = new Map<string, StoredSum>()
  // Slices of runs bound the memory of the exact distinct count.
  const slice = Math.max(1, Math.floor(10_000_000 / (dataset.points / dataset.runs)))
  for (let first = 0; first < dataset.runs; first += slice) {
    const end = Math.min(first + slice, dataset.runs)
    const parameters = { project: dataset.project, first, end }
    const rows = await reader.rows<Row>(sumsSql, parameters, { timeoutMs: 600_000 })
    for (const row of rows) {
      stored.set(row.run_key, { count: Number(row.rows), distinct: Number(row.distinct_rows), a: row.a, b: row.b })
    }
  }
  return stored
}

const sumsSql = `
  SELECT
    toString(run) AS run_key, toString(count()) AS rows, toString(uniqExact(metric, step)) AS distinct_rows,
    ${checksumSql(mixers[0])} AS a, ${checksumSql(mixers[1])} AS b
  FROM point_values
  WHERE run IN (
    SELECT reinterpretAsUInt64(substring(SHA256(concat(
      {project:String}, char(0), 'run-', leftPad(toString(number), 6, '0'))), 1, 8))
    FROM numbers({first:UInt64}, {end:UInt64} - {first:UInt64}))
  GROUP BY run`
