import type { BlockColumn } from '../store/native-block.ts'
import { orderByMetric } from './figure-order.ts'
import type { TableRows } from './rows.ts'

const shared = [
  'metric_key',
  'run_key',
  'count',
  'first_step',
  'last_step',
  'last',
  'min',
  'min_step',
  'max',
  'max_step',
  'version',
] as const

/** Rows of `series`, run by run, as rows of `metric_figures` in the order of its primary key. */
export function figureRows({ rows, columns }: TableRows): TableRows {
  const byName = new Map(columns.map((column) => [column.name, column]))
  const halves = (name: string) => halvesOf(byName.get(name)!.data as BigUint64Array)
  const projects = byName.get('project')!.data as readonly string[]
  const order = orderByMetric({ projects, runKeys: halves('run_key'), metricKeys: halves('metric_key') })
  const kinds = ['nan_count', 'positive_infinity_count', 'negative_infinity_count'].map(halves)
  const steps = byName.get('first_nonfinite_step')!.data as readonly (number | null)[]
  return {
    table: 'metric_figures',
    rows,
    columns: [
      { name: 'project', type: 'String', data: projectsInOrder(projects, order) },
      ...shared.map((name) => ({ ...byName.get(name)!, data: inOrder(halves(name), order) }) as BlockColumn),
      { name: 'nonfinite_count', type: 'UInt64', data: sums(order, kinds) },
      { name: 'first_nonfinite_step', type: 'Int64', data: stepsInOrder(order, steps) },
    ],
  }
}

/** A column of 64 bits by halves, because reading a 64-bit integer makes an object each time. */
const halvesOf = (column: BigUint64Array | BigInt64Array | Float64Array) =>
  new Uint32Array(column.buffer, column.byteOffset, 2 * column.length)

function inOrder(from: Uint32Array, order: Int32Array): Uint32Array {
  const to = new Uint32Array(2 * order.length)
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!
    to[2 * i] = from[2 * row]!
    to[2 * i + 1] = from[2 * row + 1]!
  }
  return to
}

/** Rows of one project follow on each other. */
function projectsInOrder(projects: readonly string[], order: Int32Array): string[] {
  const names = new Array<string>(order.length)
  for (let i = 0; i < order.length; i++) names[i] = projects[order[i]!]!
  return names
}

/** Counts are below 2^53, and in most blocks there is none. */
function sums(order: Int32Array, columns: readonly Uint32Array[]): BigUint64Array {
  const sum = new BigUint64Array(order.length)
  for (const column of columns.filter((one) => one.some((half) => half !== 0)))
    for (let i = 0; i < order.length; i++) {
      const [low, high] = [column[2 * order[i]!]!, column[2 * order[i]! + 1]!]
      if (low !== 0 || high !== 0) sum[i]! += BigInt(high * 2 ** 32 + low)
    }
  return sum
}

function stepsInOrder(order: Int32Array, steps: readonly (number | null)[]): BigInt64Array {
  const column = new BigInt64Array(order.length)
  for (let i = 0; i < order.length; i++) {
    const step = steps[order[i]!]!
    if (step !== null) column[i] = BigInt(step)
  }
  return column
}
