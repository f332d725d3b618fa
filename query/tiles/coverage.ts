import type { LateRange, Seal, Stretch } from '../../schema/tiles.ts'

/** What is known of a series' tiles. */
export type Coverage = { readonly seals: readonly Seal[]; readonly late: readonly LateRange[] }

export const uncovered: Coverage = { seals: [], late: [] }

/** What is left of a stretch without others, ascending; of the others those nearer to each other than `near` count as one. */
export function without(stretch: Stretch, others: readonly Stretch[], near: number): Stretch[] {
  const sorted = [...others].sort((a, b) => a.first - b.first)
  const left: Stretch[] = []
  let first = stretch.first
  let started = false
  for (const other of sorted) {
    if (other.last < first || other.first > stretch.last) continue
    if (other.first > first && (!started || other.first - first > near)) left.push({ first, last: other.first - 1 })
    first = other.last + 1
    started = true
  }
  if (first <= stretch.last) left.push({ first, last: stretch.last })
  return left
}
