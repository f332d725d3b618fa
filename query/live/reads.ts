import type { Columns, ReadOptions, StoreReader } from '../../schema/store.ts'
import type { Points } from '../reduce/buckets.ts'
import { seriesId } from '../series-reads.ts'
import { type LiveStretch, liveFirstSteps, livePoints } from '../sql/live-points.ts'
import { ask, integers, numbers } from '../sql/read.ts'

/** Points of one series in the order of step, then of logging, and each one's order in the log. */
export type LoggedPoints = Points & { readonly ords: Float64Array }

export const noLogged: LoggedPoints = {
  steps: new Float64Array(0),
  values: new Float64Array(0),
  ords: new Float64Array(0),
}

/** By `seriesId`; undefined when there are more than `rows`. A series is in one stretch only. */
export async function readLogged(
  reader: StoreReader,
  stretches: readonly LiveStretch[],
  rows: number,
  options: ReadOptions,
): Promise<Map<string, LoggedPoints> | undefined> {
  if (stretches.length === 0) return new Map()
  const answer = await ask(reader, livePoints(stretches, rows + 1), options)
  if (answer.rows > rows) return undefined
  const [steps, values, ords] = [numbers(answer, 'step'), numbers(answer, 'value'), numbers(answer, 'ord')]
  const logged = new Map<string, LoggedPoints>()
  for (const { id, from, to } of seriesIn(answer)) {
    logged.set(id, {
      steps: steps.subarray(from, to),
      values: values.subarray(from, to),
      ords: ords.subarray(from, to),
    })
  }
  return logged
}

/** The lowest step of each series in a stretch, by `seriesId`. */
export async function readFirstSteps(
  reader: StoreReader,
  stretch: LiveStretch,
  options: ReadOptions,
): Promise<Map<string, number>> {
  const answer = await ask(reader, liveFirstSteps(stretch), options)
  const [runs, metrics, steps] = [integers(answer, 'run'), integers(answer, 'metric'), numbers(answer, 'firstStep')]
  return new Map(Array.from(steps, (step, row) => [seriesId(runs[row]!, metrics[row]!), step]))
}

/** Where each series lies in an answer that is in the order of run and metric. */
function seriesIn(answer: Columns): { id: string; from: number; to: number }[] {
  const [runs, metrics] = [integers(answer, 'run'), integers(answer, 'metric')]
  // By 32-bit halves, because reading a 64-bit element makes a big integer each time.
  const halves = (column: BigUint64Array | BigInt64Array) =>
    new Uint32Array(column.buffer, column.byteOffset, column.length * 2)
  const [a, b] = [halves(runs), halves(metrics)]
  const differs = (row: number) =>
    a[2 * row] !== a[2 * row - 2] ||
    b[2 * row] !== b[2 * row - 2] ||
    a[2 * row + 1] !== a[2 * row - 1] ||
    b[2 * row + 1] !== b[2 * row - 1]
  const found: { id: string; from: number; to: number }[] = []
  let from = 0
  for (let row = 1; row <= answer.rows; row++) {
    if (row < answer.rows && !differs(row)) continue
    found.push({ id: seriesId(runs[from]!, metrics[from]!), from, to: row })
    from = row
  }
  return found
}
