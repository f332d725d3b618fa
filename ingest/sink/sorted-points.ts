import type { Integers } from '../record/record.ts'
import type { BlockColumn } from '../store/native-block.ts'
import type { Group, Piece, PointsBatch, RunPoints } from './points.ts'

/** A column of 64-bit values, and the same memory in halves: the low one first. */
type Wide<T> = { readonly wide: T; readonly halves: Int32Array }

/** Rows of the table `points` as they will be inserted: used again for each block. */
export type PointsColumns = {
  rows: number
  capacity: number
  run: Wide<BigUint64Array>
  metric: Wide<BigUint64Array>
  step: Wide<BigInt64Array>
  time: Wide<BigInt64Array>
  value: Wide<Float64Array>
  ord: Wide<BigUint64Array>
}

export function createPointsColumns(capacity = 1024): PointsColumns {
  const column = <T extends BigInt64Array | BigUint64Array | Float64Array>(wide: T): Wide<T> => {
    return { wide, halves: new Int32Array(wide.buffer) }
  }
  return {
    rows: 0,
    capacity,
    run: column(new BigUint64Array(capacity)),
    metric: column(new BigUint64Array(capacity)),
    step: column(new BigInt64Array(capacity)),
    time: column(new BigInt64Array(capacity)),
    value: column(new Float64Array(capacity)),
    ord: column(new BigUint64Array(capacity)),
  }
}

/**
 * Makes the rows of a batch, in the order of the primary key (run, metric, step, ord), so that the store need not sort a million of
 * them. The order is that of runs, of the metrics of a set, and of the frames of a run, each far fewer; so nearly all is copied in bulk.
 * Of a run that repeats steps the rows may come out of order: the store sorts such a block itself.
 */
export function sortPoints(batch: PointsBatch, columns: PointsColumns): void {
  const { rows } = batch
  // A quarter more, so that blocks that grow a little do not each take memory anew.
  if (rows > columns.capacity) Object.assign(columns, createPointsColumns(Math.ceil(rows * 1.25)))
  columns.rows = rows
  const runs = [...batch.runs].sort(byKey)
  let row = 0
  for (const run of runs) {
    for (const { pieces } of run.groups) if (!ascending(pieces)) pieces.sort(byFirstStep)
    columns.run.wide.fill(run.key, row, row + rowsOf(run))
    row = run.groups.length === 1 ? putGroup(columns, batch, run.groups[0]!, row) : putGroups(columns, batch, run, row)
  }
}

export function pointsColumns({ run, metric, step, time, value, ord }: PointsColumns): BlockColumn[] {
  return [
    { name: 'run', type: 'UInt64', data: run.wide },
    { name: 'metric', type: 'UInt64', data: metric.wide },
    { name: 'step', type: 'Int64', data: step.wide },
    { name: 'time', type: "DateTime64(3, 'UTC')", data: time.wide },
    { name: 'value', type: 'Float64', data: value.wide },
    { name: 'ord', type: 'UInt64', data: ord.wide },
  ]
}

function byKey(a: RunPoints, b: RunPoints): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}

function byFirstStep(a: Piece, b: Piece): number {
  return integerAt(a.steps, 0) - integerAt(b.steps, 0)
}

function ascending(pieces: readonly Piece[]): boolean {
  for (let i = 1; i < pieces.length; i++) if (byFirstStep(pieces[i - 1]!, pieces[i]!) > 0) return false
  return true
}

function rowsOf({ groups }: RunPoints): number {
  let rows = 0
  for (const group of groups) rows += group.rows * group.set.names.length
  return rows
}

/** All rows of a run that logged with one set: those of the first series, which the others repeat. */
function putGroup(columns: PointsColumns, batch: PointsBatch, group: Group, first: number): number {
  const { set, rows } = group
  const { length } = set.order
  const end = first + rows * length
  putSteps(columns, group, first)
  repeat(columns.step.wide, first, rows, end)
  repeat(columns.time.wide, first, rows, end)
  repeat(columns.ord.wide, first, rows, end)
  if (rows === 1) columns.metric.wide.set(set.sortedKeys, first)
  else
    for (let i = 0; i < length; i++)
      columns.metric.wide.fill(set.sortedKeys[i]!, first + i * rows, first + (i + 1) * rows)
  if (rows === group.pieces.length) putSingleValues(columns.value.halves, batch.halves, group, first)
  else for (let i = 0; i < length; i++) putValues(columns, batch, group, set.order[i]!, first + i * rows)
  return end
}

/** The values of pieces of one step each. */
function putSingleValues(to: Int32Array, from: Int32Array, { set, pieces }: Group, first: number): void {
  const { order } = set
  for (let p = 0; p < pieces.length; p++) {
    const at = 2 * pieces[p]!.valuesAt
    let row = 2 * (first + p)
    for (let i = 0; i < order.length; i++) {
      const value = at + 2 * order[i]!
      to[row] = from[value]!
      to[row + 1] = from[value + 1]!
      row += 2 * pieces.length
    }
  }
}

/** The rows of a run that logged with several sets: series by series, whichever set the next one is from. */
function putGroups(columns: PointsColumns, batch: PointsBatch, { groups }: RunPoints, first: number): number {
  const next = groups.map(() => 0)
  /** Where a group's steps are, once they have been put. */
  const stepsAt = groups.map(() => -1)
  let row = first
  for (;;) {
    let least = -1
    for (let g = 0; g < groups.length; g++) {
      if (next[g] === groups[g]!.set.order.length) continue
      if (least < 0 || groups[g]!.set.sortedKeys[next[g]!]! < groups[least]!.set.sortedKeys[next[least]!]!) least = g
    }
    if (least < 0) return row
    const group = groups[least]!
    const i = next[least]!++
    const end = row + group.rows
    if (stepsAt[least]! < 0) {
      putSteps(columns, group, row)
      stepsAt[least] = row
    } else
      for (const column of [columns.step, columns.time, columns.ord])
        copy(column.halves, row, column.halves, stepsAt[least]!, group.rows)
    columns.metric.wide.fill(group.set.sortedKeys[i]!, row, end)
    putValues(columns, batch, group, group.set.order[i]!, row)
    row = end
  }
}

/** Steps, times and log positions of one series. */
function putSteps({ step, time, ord }: PointsColumns, { pieces }: Group, first: number): void {
  let row = first
  for (const { count, steps, times, ordHigh, ordLow } of pieces) {
    putIntegers(step.halves, row, count, steps)
    putIntegers(time.halves, row, count, times)
    for (let i = row; i < row + count; i++) {
      ord.halves[2 * i] = ordLow
      ord.halves[2 * i + 1] = ordHigh
    }
    row += count
  }
}

function putIntegers(halves: Int32Array, row: number, count: number, integers: Integers): void {
  if (integers.kind === 'list') {
    new Uint8Array(halves.buffer).set(integers.bytes, row * 8)
    return
  }
  let value = integers.start
  for (let i = row; i < row + count; i++) {
    halves[2 * i] = value
    halves[2 * i + 1] = Math.floor(value / 4_294_967_296)
    value += integers.stride
  }
}

function putValues({ value }: PointsColumns, batch: PointsBatch, group: Group, series: number, first: number): void {
  let row = first
  for (const { count, valuesAt } of group.pieces) {
    copy(value.halves, row, batch.halves, valuesAt + series * count, count)
    row += count
  }
}

/** Below this many values a loop is faster than a call. */
const bulk = 16

/** Copies values as halves, so that every bit of a NaN stays what it is. */
function copy(to: Int32Array, row: number, from: Int32Array, at: number, count: number): void {
  if (count >= bulk) {
    to.set(from.subarray(2 * at, 2 * (at + count)), 2 * row)
    return
  }
  for (let i = 0; i < 2 * count; i++) to[2 * row + i] = from[2 * at + i]!
}

/** Fills `first` to `end` with the `rows` values that are at `first`. */
function repeat(column: BigInt64Array | BigUint64Array, first: number, rows: number, end: number): void {
  if (rows === 1) {
    column.fill(column[first] as never, first, end)
    return
  }
  for (let filled = first + rows; filled < end; ) {
    const count = Math.min(filled - first, end - filled)
    column.copyWithin(filled, first, first + count)
    filled += count
  }
}

export function integerAt(integers: Integers, i: number): number {
  if (integers.kind === 'range') return integers.start + integers.stride * i
  const { bytes } = integers
  const at = i * 8
  const low = bytes[at]! + bytes[at + 1]! * 0x100 + bytes[at + 2]! * 0x10000 + bytes[at + 3]! * 0x1000000
  const high = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24)
  return high * 4_294_967_296 + low
}
