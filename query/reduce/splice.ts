import { type BucketTable, bucketColumns, emptyTable } from './buckets.ts'

/**
 * The table with the buckets of a stretch replaced by ones from which the superseded points were dropped. There may be fewer or more of
 * them than there were, if points came in between.
 */
export function splice(table: BucketTable, stretch: BucketTable): BucketTable {
  if (stretch.count === 0) return table
  const [first, last] = [stretch.steps[0]!, stretch.steps[stretch.count - 1]!]
  const before = countWhile(table, (step) => step < first)
  const upTo = countWhile(table, (step) => step <= last)
  const spliced = emptyTable(before + stretch.count + table.count - upTo)
  for (const name of bucketColumns) {
    spliced[name].set(table[name].subarray(0, before))
    spliced[name].set(stretch[name], before)
    spliced[name].set(table[name].subarray(upTo), before + stretch.count)
  }
  return spliced
}

function countWhile(table: BucketTable, holds: (step: number) => boolean): number {
  let count = 0
  while (count < table.count && holds(table.steps[count]!)) count++
  return count
}
