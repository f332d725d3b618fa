import { countBefore } from '../../schema/live-patches.ts'
import { type BucketTable, bucketColumns, cutTable, emptyTable } from '../reduce/buckets.ts'
import { addBucket } from '../reduce/combine.ts'
import { bucketStart } from '../reduce/grid.ts'

/** Buckets that grow in place: columns with room behind their `count` rows. */
export type LiveTable = { count: number; columns: BucketTable }

/** The rows there are, without copying: valid until the table changes. */
export const rowsOf = (table: LiveTable): BucketTable => cutTable(table.columns, 0, table.count)

export function liveTable(rows: BucketTable): LiveTable {
  const table: LiveTable = { count: 0, columns: emptyTable(0) }
  putRows(table, 0, 0, rows)
  return table
}

/** Adds buckets that begin in the table's last one or behind it. */
export function appendRows(table: LiveTable, rows: BucketTable): void {
  if (rows.count === 0) return
  const last = table.count - 1
  const joins = last >= 0 && table.columns.steps[last] === rows.steps[0]
  if (joins) addBucket(table.columns, last, rows, 0)
  putRows(table, table.count, table.count, joins ? cutTable(rows, 1, rows.count) : rows)
}

/** Puts `rows` in the place of all buckets from the one at `fromStep` up to the one at `toStep`. */
export function replaceRows(table: LiveTable, fromStep: number, toStep: number, rows: BucketTable): void {
  const from = countBefore(table.columns.steps.subarray(0, table.count), fromStep)
  let to = from
  while (to < table.count && table.columns.steps[to]! <= toStep) to++
  putRows(table, from, to, rows)
}

/** Makes buckets `width` steps wide, a multiple of what they were. */
export function coarsen(table: LiveTable, width: number): void {
  const { columns } = table
  let row = -1
  for (let old = 0; old < table.count; old++) {
    const start = bucketStart(columns.steps[old]!, width)
    if (row >= 0 && columns.steps[row] === start) addBucket(columns, row, columns, old)
    else {
      row++
      for (const name of bucketColumns) columns[name][row] = columns[name][old]!
      columns.steps[row] = start
    }
  }
  table.count = row + 1
}

/** Puts rows in the place of those from `from` up to `to`. */
function putRows(table: LiveTable, from: number, to: number, rows: BucketTable): void {
  const count = table.count - (to - from) + rows.count
  const room = table.columns.steps.length
  const roomier = count > room ? emptyTable(Math.max(count, 2 * room, 16)) : undefined
  for (const name of bucketColumns) {
    const column = table.columns[name]
    const target = roomier ? roomier[name] : column
    if (roomier) target.set(column.subarray(0, from))
    if (roomier) target.set(column.subarray(to, table.count), from + rows.count)
    else target.copyWithin(from + rows.count, to, table.count)
    target.set(rows[name], from)
  }
  if (roomier) table.columns = roomier
  table.count = count
}

export function hasFinite(table: BucketTable, row: number): boolean {
  return table.counts[row]! > table.nan[row]! + table.positiveInfinity[row]! + table.negativeInfinity[row]!
}
