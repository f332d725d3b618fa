import type { Stretch } from '../../../schema/tiles.ts'

/** Stretches in whole tiles, ascending and apart. */
export function aligned(stretches: readonly Stretch[], width: number): Stretch[] {
  const tiles = stretches
    .map(({ first, last }) => ({ first: alignDown(first, width), last: alignDown(last, width) + width - 1 }))
    .sort((a, b) => a.first - b.first)
  const apart: Stretch[] = []
  for (const next of tiles) {
    const before = apart.at(-1)
    if (before && next.first <= before.last + 1)
      apart[apart.length - 1] = { first: before.first, last: Math.max(before.last, next.last) }
    else apart.push(next)
  }
  return apart
}

/** The tiles of a width that ranges are in, without those that reach over the seal's ends; ascending and apart. */
export function wholeTiles(seal: Stretch, ranges: readonly Stretch[], width: number): Stretch[] {
  return aligned(ranges, width)
    .map(({ first, last }) => ({
      first: first < seal.first ? first + width : first,
      last: last > seal.last ? last - width : last,
    }))
    .filter(({ first, last }) => first <= last)
}

/** Exact: widths are powers of two. */
export function alignDown(step: number, width: number): number {
  return Math.floor(step / width) * width
}

export function alignUp(step: number, width: number): number {
  return Math.ceil(step / width) * width
}
