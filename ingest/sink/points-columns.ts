import { type BlockColumn, type Codes, placeType, placeWidth } from '../store/native-block.ts'

/** 64-bit values, and the same memory in halves: the low one first. */
export type Wide<T> = { readonly wide: T; readonly halves: Int32Array }

/** Each row's value as a number of it in a dictionary, whose entry 0 is the type's default. `entries` counts them, of places four numbers each. */
export type Coded<T> = { dictionary: T; entries: number; codes: Codes }

/** The places of a run stand side by side. */
export type Places = Coded<BigInt64Array> & {
  /** The dictionary's. */
  readonly halves: Int32Array
  readonly steps: Spread
  readonly times: Spread
}

/** Where the rows of a place are, steps or ms: all at it, by how much each is above it, or, where some are far from it, the numbers themselves. */
export type Spread = { readonly offsets?: Uint16Array; readonly own?: Wide<BigInt64Array> }

/**
 * Rows of the table `points` as they will be inserted: used again for each block. Runs, metrics and log positions have far fewer
 * values than rows: coded they are a third of the bytes on the way to the store, which decodes them faster than anybody could send them.
 */
export type PointsColumns = {
  rows: number
  capacity: number
  /** How many runs the rows are of. */
  runs: number
  readonly metric: Coded<BigUint64Array>
  /** Values as `schema/value-codes.ts` has them. */
  readonly code: Wide<Float64Array>
  /**
   * Where a piece has many rows: what they have in common, run, least step, least time and log position side by side, in a dictionary. The columns of
   * runs and log positions are empty then.
   */
  readonly places: Places | undefined
  readonly run: Coded<BigUint64Array>
  readonly ord: Coded<BigUint64Array>
  readonly step: Wide<BigInt64Array>
  readonly time: Wide<BigInt64Array>
}

export function pointsColumns(columns: PointsColumns): BlockColumn[] {
  const { run, metric, step, time, code, ord, places } = columns
  const coded = ({ dictionary, entries, codes }: Coded<BigUint64Array>) => {
    return { type: 'LowCardinality(UInt64)', dictionary: dictionary.subarray(0, entries), data: codes } as const
  }
  const ownColumns: BlockColumn[] = [
    { name: 'metric', ...coded(metric) },
    { name: 'code', type: 'UInt64', data: new BigUint64Array(code.wide.buffer) },
  ]
  const steps = { name: 'step', type: 'Int64', data: step.wide } as const
  const times = { name: 'time', type: "DateTime64(3, 'UTC')", data: time.wide } as const
  if (places) {
    const dictionary = places.dictionary.subarray(0, placeWidth * places.entries)
    const block: BlockColumn[] = [{ name: 'place', type: placeType, dictionary, data: places.codes }, ...ownColumns]
    for (const [{ offsets, own }, column] of [[places.steps, steps] as const, [places.times, times] as const]) {
      if (offsets) block.push({ name: `${column.name}_offset`, type: 'UInt16', data: offsets })
      if (own) block.push(column)
    }
    return block
  }
  return [{ name: 'run', ...coded(run) }, ...ownColumns, steps, times, { name: 'ord', ...coded(ord) }]
}

export type PointKey = {
  readonly run: bigint
  readonly metric: bigint
  readonly step: bigint
  readonly ord: bigint
}

/** As the store has it. */
function keyAt({ run, metric, ord, step, places }: PointsColumns, row: number): PointKey {
  const key = metric.dictionary[metric.codes[row]!]!
  if (!places)
    return {
      run: run.dictionary[run.codes[row]!]!,
      metric: key,
      step: step.wide[row]!,
      ord: ord.dictionary[ord.codes[row]!]!,
    }
  const at = placeWidth * places.codes[row]!
  const unsigned = (number: number) => BigInt.asUintN(64, places.dictionary[at + number]!)
  const { own, offsets } = places.steps
  const inPlace = places.dictionary[at + 1]! + BigInt(offsets?.[row] ?? 0)
  return { run: unsigned(0), metric: key, step: own ? own.wide[row]! : inPlace, ord: unsigned(3) }
}

/** The rows of each run, from `first` up to `end`. */
function* stretches(points: PointsColumns): Generator<[first: number, end: number]> {
  const { rows, places } = points
  const { codes } = places ?? points.run
  const isOfRun = places ? sameRun(places) : (code: number, other: number) => code === other
  for (let first = 0, end: number; first < rows; first = end) {
    for (end = first + 1; end < rows && isOfRun(codes[end]!, codes[first]!); ) end++
    yield [first, end]
  }
}

/** By halves of the key: a BigInt for each row would cost ten times as much. */
function sameRun({ halves }: Places): (code: number, other: number) => boolean {
  const width = 2 * placeWidth
  return (code, other) =>
    halves[width * code] === halves[width * other] && halves[width * code + 1] === halves[width * other + 1]
}

/** A point of each run: its first row. */
export function firstPoints(points: PointsColumns): PointKey[] {
  return Array.from(stretches(points), ([row]) => keyAt(points, row))
}

/** The rows of some runs alone, in memory of their own unless those are all. */
export function pointsOfRuns(
  points: PointsColumns,
  runs: ReadonlySet<bigint>,
): { readonly rows: number; readonly columns: BlockColumn[] } {
  const columns = pointsColumns(points)
  if (runs.size === points.runs) return { rows: points.rows, columns }
  const kept = [...stretches(points)].filter(([first]) => runs.has(keyAt(points, first).run))
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
