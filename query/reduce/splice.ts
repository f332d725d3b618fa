import { type BucketTable, bucketColumns } from './buckets.ts'

/**
 * The table with a stretch of its buckets replaced by ones from which the superseded points were dropped; how many those were is the
 * difference of the counts. The stretch may hold fewer or more buckets than were there, if points came or went in between.
 */
export function splice(table: BucketTable, stretch: BucketTable): BucketTable {
  if (stretch.count === 0) return table
  const [first, last] = [stretch.steps[0]!, stretch.steps[stretch.count - 1]!]
  const before = countWhile(table, (step) => step < first)
  const upTo = countWhile(table, (step) => step <= last)
  const columns = bucketColumns.map((name) => {
    const column = new Float64Array(before + stretch.count + table.count - upTo)
    column.set(table[name].subarray(0, before))
    column.set(stretch[name], before)
    column.set(table[name].subarray(upTo), before + stretch.count)
    return [name, column] as const
  })
  const spliced = { count: before + stretch.count + table.count - upTo, ...Object.fromEntries(columns) } as BucketTable
  let row = before
  for (let old = before; old < upTo; old++) {
    while (row < before + stretch.count - 1 && spliced.steps[row]! < table.steps[old]!) row++
    if (spliced.steps[row] === table.steps[old]) {
      spliced.superseded[row] = Math.max(0, table.counts[old]! - spliced.counts[row]!)
    }
  }
  return spliced
}

function countWhile(table: BucketTable, holds: (step: number) => boolean): number {
  let count = 0
  while (count < table.count && holds(table.steps[count]!)) count++
  return count
}
