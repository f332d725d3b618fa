import type { BlockColumn, Codes } from '../store/native-block.ts'

/** 64-bit values, and the same memory in halves: the low one first. */
export type Wide<T> = { readonly wide: T; readonly halves: Int32Array }

/** Each row's value as a number of it in a dictionary, whose entry 0 is the type's default. */
export type Coded<T> = { dictionary: T; entries: number; codes: Codes }

/**
 * Rows of the table `points` as they will be inserted: used again for each block. Runs, metrics and log positions have far fewer
 * values than rows, and so do the steps where each frame has one: coded they are a third of the bytes on the way to the store, which
 * decodes them faster than anybody could send them.
 */
export type PointsColumns = {
  rows: number
  capacity: number
  readonly run: Coded<BigUint64Array>
  readonly metric: Coded<BigUint64Array>
  readonly ord: Coded<BigUint64Array>
  /** Where each piece has one step, a dictionary of steps: a row's number in it is the same as in `ord`. */
  readonly singleSteps: BigInt64Array | undefined
  readonly step: Wide<BigInt64Array>
  readonly time: Wide<BigInt64Array>
  /** Values as `schema/value-codes.ts` has them. */
  readonly code: Wide<Float64Array>
}

export function pointsColumns(columns: PointsColumns): BlockColumn[] {
  const { run, metric, step, singleSteps, time, code, ord } = columns
  const coded = ({ dictionary, entries, codes }: Coded<BigUint64Array>) => {
    return { type: 'LowCardinality(UInt64)', dictionary: dictionary.subarray(0, entries), data: codes } as const
  }
  return [
    { name: 'run', ...coded(run) },
    { name: 'metric', ...coded(metric) },
    singleSteps
      ? {
          ...{ name: 'step', type: 'LowCardinality(Int64)', data: ord.codes },
          dictionary: singleSteps.subarray(0, ord.entries),
        }
      : { name: 'step', type: 'Int64', data: step.wide },
    { name: 'time', type: "DateTime64(3, 'UTC')", data: time.wide },
    { name: 'code', type: 'UInt64', data: new BigUint64Array(code.wide.buffer) },
    { name: 'ord', ...coded(ord) },
  ]
}

/** A point of each run: its first row, as the store has it. */
export function firstPoints(points: PointsColumns): { run: bigint; metric: bigint; step: bigint; ord: bigint }[] {
  const first: { run: bigint; metric: bigint; step: bigint; ord: bigint }[] = []
  const { run, metric, ord, step, singleSteps } = points
  let previous = 0
  for (let row = 0; row < points.rows; row++) {
    if (run.codes[row] === previous) continue
    previous = run.codes[row]!
    first.push({
      run: run.dictionary[previous]!,
      metric: metric.dictionary[metric.codes[row]!]!,
      step: singleSteps ? singleSteps[ord.codes[row]!]! : step.wide[row]!,
      ord: ord.dictionary[ord.codes[row]!]!,
    })
  }
  return first
}

/** The rows of some runs alone, in memory of their own unless those are all. */
export function pointsOfRuns(
  points: PointsColumns,
  runs: ReadonlySet<bigint>,
): { readonly rows: number; readonly columns: BlockColumn[] } {
  const { dictionary, entries, codes } = points.run
  const columns = pointsColumns(points)
  // Beside the runs the dictionary has the type's default.
  if (runs.size === entries - 1) return { rows: points.rows, columns }
  const kept: [first: number, end: number][] = []
  for (let first = 0, end: number; first < points.rows; first = end) {
    for (end = first + 1; end < points.rows && codes[end] === codes[first]; ) end++
    if (runs.has(dictionary[codes[first]!]!)) kept.push([first, end])
  }
  const rows = kept.reduce((sum, [first, end]) => sum + end - first, 0)
  return {
    rows,
    columns: columns.map((column) => ({ ...column, data: keepRows(column.data, kept, rows) }) as BlockColumn),
  }
}

function keepRows(data: BlockColumn['data'], kept: readonly (readonly [first: number, end: number])[], rows: number) {
  const all = data as Float64Array
  // Of the same type, so that every bit of a NaN is copied.
  const some = new (all.constructor as Float64ArrayConstructor)(rows)
  let at = 0
  for (const [first, end] of kept) {
    some.set(all.subarray(first, end), at)
    at += end - first
  }
  return some
}
