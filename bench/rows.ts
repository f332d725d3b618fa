import type { BlockColumn } from '../ingest/store/native-block.ts'
import { metricKey, runKey } from '../schema/keys.ts'
import { codesOf } from '../schema/value-encoding.ts'
import { fillValues } from './curves.ts'
import { type Dataset, runId, timeMs } from './dataset.ts'

export type Rows = { readonly rows: number; readonly columns: readonly BlockColumn[] }

/** In the order of the table's primary key, or in the order in which frames arrive. */
export type RowOrder = 'sorted' | 'arrival'

/** The frames `firstBlock` up to `endBlock` of every run as columns of the table `points`, as a sink without a log would. */
export function pointRows(dataset: Dataset, firstBlock: number, endBlock: number, order: RowOrder): Rows {
  const { runs, metrics, stepsPerFrame } = dataset
  const steps = (endBlock - firstBlock) * stepsPerFrame
  const rows = runs * metrics.length * steps
  const runKeys = Array.from({ length: runs }, (_, run) => runKey(dataset.project, runId(run)))
  const metricKeys = metrics.map((metric) => metricKey(metric.name))
  const runColumn = new BigUint64Array(rows)
  const metricColumn = new BigUint64Array(rows)
  const stepColumn = new Float64Array(rows)
  const timeColumn = new Float64Array(rows)
  const valueColumn = new Float64Array(rows)
  const values = new Float64Array(metrics.length * steps)
  const runOrder = inOrder(runKeys, order)
  const metricOrder = inOrder(metricKeys, order)
  let row = 0
  for (const run of runOrder) {
    const firstStep = firstBlock * stepsPerFrame
    fillValues(dataset.curves, run, firstStep, steps, values)
    for (const metric of metricOrder) {
      runColumn.fill(runKeys[run]!, row, row + steps)
      metricColumn.fill(metricKeys[metric]!, row, row + steps)
      valueColumn.set(values.subarray(metric * steps, (metric + 1) * steps), row)
      for (let i = 0; i < steps; i++) {
        stepColumn[row + i] = firstStep + i
        timeColumn[row + i] = timeMs(dataset, run, firstStep + i)
      }
      row += steps
    }
  }
  const columns: BlockColumn[] = [
    { name: 'run', type: 'UInt64', data: runColumn },
    { name: 'metric', type: 'UInt64', data: metricColumn },
    { name: 'step', type: 'Int64', data: integers(stepColumn) },
    { name: 'time', type: "DateTime64(3, 'UTC')", data: integers(timeColumn) },
    { name: 'code', type: 'UInt64', data: codesOf(valueColumn, steps) },
    { name: 'ord', type: 'UInt64', data: new BigUint64Array(rows).fill(BigInt(firstBlock) * 65_536n) },
  ]
  return { rows, columns }
}

function inOrder(keys: readonly bigint[], order: RowOrder): number[] {
  const indices = keys.map((_, index) => index)
  if (order === 'sorted') indices.sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1))
  return indices
}

/** Whole numbers from 0 to 2^53 as int64, in two halves: a BigInt each would take longer than all the rest. */
export function integers(numbers: Float64Array): BigInt64Array {
  const integers = new BigInt64Array(numbers.length)
  const words = new Uint32Array(integers.buffer)
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!
    words[i * 2] = number >>> 0
    words[i * 2 + 1] = Math.floor(number / 0x100000000)
  }
  return integers
}
