import type { BlockColumn } from '../store/native-block.ts'
import type { TableRows } from './rows.ts'

const shared = [
  'project',
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

/** Rows of `series` as rows of `metric_figures`; most columns are the same memory. */
export function figureRows({ rows, columns }: TableRows): TableRows {
  const byName = new Map(columns.map((column) => [column.name, column]))
  const integers = (name: string) => byName.get(name)!.data as BigUint64Array
  const kinds = ['nan_count', 'positive_infinity_count', 'negative_infinity_count'].map(integers)
  const steps = byName.get('first_nonfinite_step')!.data as readonly (number | null)[]
  const added: BlockColumn[] = [
    { name: 'nonfinite_count', type: 'UInt64', data: sums(rows, kinds) },
    {
      name: 'first_nonfinite_step',
      type: 'Int64',
      data: BigInt64Array.from(steps, (step) => (step === null ? 0n : BigInt(step))),
    },
  ]
  return { table: 'metric_figures', rows, columns: [...shared.map((name) => byName.get(name)!), ...added] }
}

/** By halves, because nearly all are 0 and reading a 64-bit element makes a big integer each time. */
function sums(rows: number, columns: readonly BigUint64Array[]): BigUint64Array {
  const sum = new BigUint64Array(rows)
  const halves = columns.map((column) => new Uint32Array(column.buffer, column.byteOffset, 2 * rows))
  for (let i = 0; i < rows; i++) {
    if (halves.some((half) => half[2 * i] !== 0 || half[2 * i + 1] !== 0))
      sum[i] = columns.reduce((total, column) => total + column[i]!, 0n)
  }
  return sum
}
