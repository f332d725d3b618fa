/** Curves as rows of the store's tables, as the sink would have written them: points, summaries, runs and their totals. */
import { metricKey, runKey } from '../../schema/keys.ts'
import { codesOf } from '../../schema/value-encoding.ts'
import { integers } from '../rows.ts'
import type { Store } from '../store.ts'
import { type Curve, firstLogged, type Logged, lateLogged, timeOf } from './curve.ts'
import type { CurveProject } from './plan.ts'

type Columns = Parameters<Store['insertBlock']>[2]
export type Block = { readonly table: string; readonly rows: number; readonly columns: Columns }

/** Log positions: what is logged later has the higher one. */
const ordOf = { first: 0n, late: 65_536n }

/** Blocks of about this many rows: of several curves where they are short, several of one curve where it is long. */
const blockRows = 1_000_000

/** First all points as they were logged in order, then those that came late. */
export function* pointBlocks(project: CurveProject): Generator<Block> {
  const pieces: Piece[] = []
  let rows = 0
  function take(): Block {
    const block = pointBlock(project, pieces.splice(0), rows)
    rows = 0
    return block
  }
  for (const curve of project.curves) {
    for (let from = 0; from < curve.steps; from += blockRows) {
      const logged = firstLogged(curve, from, Math.min(curve.steps, from + blockRows))
      pieces.push({ curve, logged, ord: ordOf.first })
      rows += logged.steps.length
      if (rows >= blockRows) yield take()
    }
  }
  for (const curve of project.curves) {
    const logged = lateLogged(curve)
    if (logged.steps.length === 0) continue
    pieces.push({ curve, logged, ord: ordOf.late })
    rows += logged.steps.length
    if (rows >= blockRows) yield take()
  }
  if (rows > 0) yield take()
}

type Piece = { readonly curve: Curve; readonly logged: Logged; readonly ord: bigint }

function pointBlock({ project, metric }: CurveProject, pieces: readonly Piece[], rows: number): Block {
  const run = new BigUint64Array(rows)
  const ord = new BigUint64Array(rows)
  const steps = new Float64Array(rows)
  const values = new Float64Array(rows)
  let at = 0
  for (const { curve, logged, ord: position } of pieces) {
    const end = at + logged.steps.length
    run.fill(runKey(project, curve.run), at, end)
    ord.fill(position, at, end)
    steps.set(logged.steps, at)
    values.set(logged.values, at)
    at = end
  }
  const columns: Columns = [
    { name: 'run', type: 'UInt64', data: run },
    { name: 'metric', type: 'UInt64', data: new BigUint64Array(rows).fill(metricKey(metric)) },
    { name: 'step', type: 'Int64', data: integers(steps) },
    { name: 'time', type: "DateTime64(3, 'UTC')", data: integers(steps.map(timeOf)) },
    { name: 'code', type: 'UInt64', data: codesOf(values) },
    { name: 'ord', type: 'UInt64', data: ord },
  ]
  return { table: 'points', rows, columns }
}
