/** Steps `first` to `last`, inclusive. */
export type Stretch = { readonly first: number; readonly last: number }

/** A row of `tile_seals`: a fact that stays true. */
export type Seal = Stretch & { readonly width: number; readonly version: number }
/** A row of `late_points`. */
export type LateRange = Stretch & { readonly version: number }

/** What is known of a series' tiles. */
export type Coverage = { readonly seals: readonly Seal[]; readonly late: readonly LateRange[] }

export const uncovered: Coverage = { seals: [], late: [] }

/** Of seals with one beginning the newest, of those the longest; of two that overlap the first. Ascending. */
export function disjointSeals(rows: readonly Seal[]): Seal[] {
  const sorted = [...rows].sort((a, b) => a.first - b.first || b.version - a.version || b.last - a.last)
  const seals: Seal[] = []
  for (const seal of sorted) if (seals.length === 0 || seal.first > seals.at(-1)!.last) seals.push(seal)
  return seals
}

/** Late points that a seal's tiles may be without. */
export function isStale(late: LateRange, tiles: Stretch & { readonly version: number }): boolean {
  return late.version > tiles.version && late.first <= tiles.last && late.last >= tiles.first
}

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
