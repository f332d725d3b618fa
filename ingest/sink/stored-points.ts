import type { StoreReader } from '../../schema/store.ts'
import { firstPoints, type PointsColumns } from './points-columns.ts'

const runsPerQuestion = 2_000

/**
 * Of the runs of a block that may have been inserted before, those whose points are not in the store. The store forgets tokens, the
 * oldest first; for a block that was cut off long ago this tells. One point of each run stands for the others: a block goes in whole,
 * and where the store is spread over several servers, whole on each of them or not at all, and a run is on one. Records are told by their offsets:
 * how blocks are numbered in one is for each version of the sink to choose.
 */
export async function runsNotStored(reader: StoreReader, points: PointsColumns): Promise<Set<bigint>> {
  const first = firstPoints(points)
  const missing = new Set(first.map(({ run }) => run))
  for (let at = 0; at < first.length; at += runsPerQuestion) {
    const some = first.slice(at, at + runsPerQuestion)
    const found = await reader.rows<{ found: string }>(
      `SELECT DISTINCT toString(run) AS found FROM points
       WHERE run IN {runs:Array(UInt64)}
         AND (run, metric, step) IN (SELECT arrayJoin(arrayZip({runs:Array(UInt64)}, {metrics:Array(UInt64)}, {steps:Array(Int64)})))
         AND (run, metric, step, bitShiftRight(ord, 16)) IN (SELECT arrayJoin(arrayZip({runs:Array(UInt64)}, {metrics:Array(UInt64)}, {steps:Array(Int64)}, {offsets:Array(UInt64)})))`,
      {
        runs: some.map(({ run }) => run),
        metrics: some.map(({ metric }) => metric),
        steps: some.map(({ step }) => step),
        offsets: some.map(({ ord }) => ord >> 16n),
      },
    )
    for (const row of found) missing.delete(BigInt(row.found))
  }
  return missing
}

/** Whether the store may know a token and not have its block. A replicated table has both from one transaction; what it has may show later. */
export async function tokensOutliveBlocks(reader: StoreReader): Promise<boolean> {
  const [table] = await reader.rows<{ engine: string }>(
    `SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = 'points'`,
  )
  return table?.engine === 'MergeTree'
}
