import type { StoreReader } from '../../schema/store.ts'
import type { PointsColumns } from './sorted-points.ts'

const runsPerQuestion = 2_000

/**
 * Whether a block that may have been inserted before is in the store. The store forgets tokens, the oldest first; for a block that was
 * cut off long ago this tells. One point of each run stands for the others: a block goes in whole, and where the store is
 * spread over several servers, whole on each of them, and a run is on one.
 */
export async function pointsAreStored(reader: StoreReader, points: PointsColumns): Promise<boolean> {
  const rows = firstRows(points)
  for (let at = 0; at < rows.length; at += runsPerQuestion) {
    const some = rows.slice(at, at + runsPerQuestion)
    const column = (values: BigInt64Array | BigUint64Array) => some.map((row) => values[row]!)
    const [answer] = await reader.rows<{ found: number | string }>(
      `SELECT count() AS found FROM points
       WHERE run IN {runs:Array(UInt64)}
         AND (run, metric, step, ord) IN (SELECT arrayJoin(arrayZip({runs:Array(UInt64)}, {metrics:Array(UInt64)}, {steps:Array(Int64)}, {ords:Array(UInt64)})))`,
      {
        runs: column(points.run.wide),
        metrics: column(points.metric.wide),
        steps: column(points.step.wide),
        ords: column(points.ord.wide),
      },
    )
    if (!(Number(answer?.found) >= some.length)) return false
  }
  return true
}

/** The first row of each run, whose rows are together. */
function firstRows({ run, rows }: PointsColumns): number[] {
  const first: number[] = []
  // Halves tell where the run changes without a big integer per row.
  const { halves } = run
  for (let row = 0; row < rows; row++)
    if (row === 0 || halves[2 * row] !== halves[2 * row - 2] || halves[2 * row + 1] !== halves[2 * row - 1])
      first.push(row)
  return first
}
