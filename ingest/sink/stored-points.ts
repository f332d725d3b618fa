import type { StoreReader } from '../../schema/store.ts'
import { firstPoints, type PointsColumns } from './points-columns.ts'

const runsPerQuestion = 2_000

/**
 * Whether a block that may have been inserted before is in the store. The store forgets tokens, the oldest first; for a block that was
 * cut off long ago this tells. One point of each run stands for the others: a block goes in whole, and where the store is
 * spread over several servers, whole on each of them, and a run is on one.
 */
export async function pointsAreStored(reader: StoreReader, points: PointsColumns): Promise<boolean> {
  const first = firstPoints(points)
  for (let at = 0; at < first.length; at += runsPerQuestion) {
    const some = first.slice(at, at + runsPerQuestion)
    const [answer] = await reader.rows<{ found: number | string }>(
      `SELECT count() AS found FROM points
       WHERE run IN {runs:Array(UInt64)}
         AND (run, metric, step, ord) IN (SELECT arrayJoin(arrayZip({runs:Array(UInt64)}, {metrics:Array(UInt64)}, {steps:Array(Int64)}, {ords:Array(UInt64)})))`,
      {
        runs: some.map(({ run }) => run),
        metrics: some.map(({ metric }) => metric),
        steps: some.map(({ step }) => step),
        ords: some.map(({ ord }) => ord),
      },
    )
    if (!(Number(answer?.found) >= some.length)) return false
  }
  return true
}
