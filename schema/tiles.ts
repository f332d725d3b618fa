/**
 * What those who make tiles and those who read them agree on. The tables are `tiles`, `tile_seals` and `late_points` in `schema/tables`; why
 * answers made of them are exact is told in `query/tiles/README.md` and `ingest/sink/tiles/README.md`.
 */

/**
 * Widths of tiles: a series' lowest one, and it times 4, 16, … as far as such a tile fits into what is sealed. So a bucket is of one or two.
 * What is stored goes by it: it never changes.
 */
export const tileRatio = 4

/** Items of `tiles.places`: counts of points, and steps as distances from the tile's start. A step is meaningless where nothing is counted for it. */
export const tilePlaces = [
  /** Points that stand. */
  'count',
  /** Points of whose step another one was logged later. */
  'superseded',
  /** Lowest and highest step of any point. */
  'firstStep',
  'lastStep',
  /** Of finite points: the first, the lowest (the first of several), the highest (the first of several), the last. */
  'firstFinite',
  'minimum',
  'maximum',
  'lastFinite',
  'nan',
  'nanStep',
  'positiveInfinity',
  'positiveInfinityStep',
  'negativeInfinity',
  'negativeInfinityStep',
] as const
export type TilePlace = (typeof tilePlaces)[number]

/** Items of `tiles.figures`: values at the four steps of finite points; NaN where there is none. */
export const tileFigures = ['first', 'minimum', 'maximum', 'last'] as const

/** How tiles are cut; tests cut smaller ones. */
export const tiling = {
  /**
   * The highest so many steps of a series are never sealed, and a point that is less than so many steps behind is not late: several writers
   * that log side by side cost nothing. May be lowered, never raised, for a store that has tiles.
   */
  lateSlack: 1_024,
  /** At most so many points a tile of the lowest width on average, at least half as many; and its least width. */
  pointsPerTile: 128,
  leastWidth: 16,
}

/** Steps `first` to `last`, inclusive. */
export type Stretch = { readonly first: number; readonly last: number }
/** A row of `tile_seals`: a fact that stays true. */
export type Seal = Stretch & { readonly width: number; readonly version: number }
/** A row of `late_points`. */
export type LateRange = Stretch & { readonly version: number }

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

/** Log offsets of one epoch, and steps of one zone, in `late_points`. */
export const epochOffsets = 4_096
export const zoneSteps = 65_536
