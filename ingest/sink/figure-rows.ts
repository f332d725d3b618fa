import type { BlockColumn, CodedTexts, Codes } from '../store/native-block.ts'
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

/** Columns whose values are put in order at a time: about a millisecond of work. */
const columnsPerTurn = 4

/** Makes rows of `metric_figures` of rows of `series`. */
export type FigureRows = (series: TableRows) => Promise<TableRows>

/**
 * Makes rows of `series`, run by run, to rows of `metric_figures` in the order of its primary key. In the same memory each time: fresh pages for
 * every block cost as much as the work; so what it answered before must be in the store by then. Awaits `turn` after each piece of the work.
 */
export function createFigureRows(turn: () => Promise<unknown>): FigureRows {
  const memory = new Map<string, Uint32Array>()

  function columnOf(name: string, length: number): Uint32Array {
    const known = memory.get(name)
    const column = known && known.length >= length ? known : new Uint32Array(length)
    memory.set(name, column)
    return column.subarray(0, length)
  }

  return async ({ rows, columns }) => {
    const byName = new Map(columns.map((column) => [column.name, column]))
    const halves = (name: string) => halvesOf(byName.get(name)!.data as BigUint64Array)
    const projects = byName.get('project') as CodedTexts
    const order = orderByMetric({ projects, runKeys: halves('run_key'), metricKeys: halves('metric_key') })
    await turn()
    const figures: BlockColumn[] = [
      { ...projects, data: numbersInOrder(projects.data, order, columnOf('project', rows)) },
    ]
    for (const name of shared) {
      const data = putInOrder(halves(name), order, columnOf(name, 2 * rows))
      if (figures.push({ ...byName.get(name)!, data } as BlockColumn) % columnsPerTurn === 0) await turn()
    }
    const kinds = ['nan_count', 'positive_infinity_count', 'negative_infinity_count'].map(halves)
    const steps = halves('first_nonfinite_step')
    await turn()
    figures.push(
      { name: 'nonfinite_count', type: 'UInt64', data: sums(order, kinds) },
      { name: 'first_nonfinite_step', type: 'Int64', data: putInOrder(steps, order, columnOf('step', 2 * rows)) },
    )
    return { table: 'metric_figures', rows, columns: figures }
  }
}

/** A column of 64 bits by halves, because reading a 64-bit integer makes an object each time. */
const halvesOf = (column: BigUint64Array | BigInt64Array | Float64Array) =>
  new Uint32Array(column.buffer, column.byteOffset, 2 * column.length)

function putInOrder(from: Uint32Array, order: Int32Array, to: Uint32Array): Uint32Array {
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!
    to[2 * i] = from[2 * row]!
    to[2 * i + 1] = from[2 * row + 1]!
  }
  return to
}

function numbersInOrder(from: Codes, order: Int32Array, to: Uint32Array): Uint32Array {
  for (let i = 0; i < order.length; i++) to[i] = from[order[i]!]!
  return to
}

/** Counts are below 2^53, and so are their sums; of a kind of value that no series had there is nothing to add. */
function sums(order: Int32Array, columns: readonly Uint32Array[]): Uint32Array {
  const sum = new Uint32Array(2 * order.length)
  const counted = columns.filter((column) => column.some((half) => half !== 0))
  for (let i = 0; i < order.length; i++) {
    let total = 0
    for (const column of counted) total += column[2 * order[i]!]! + column[2 * order[i]! + 1]! * 4_294_967_296
    sum[2 * i] = total
    sum[2 * i + 1] = Math.floor(total / 4_294_967_296)
  }
  return sum
}
