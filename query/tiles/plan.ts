import { isStale, type Stretch, tileRatio } from '../../schema/tiles.ts'
import { type Coverage, without } from './coverage.ts'

/** Tiles of one width, all that lie within the stretch; `version` is their seal's. */
export type TileRange = Stretch & { readonly width: number; readonly version: number }

/** Where the points of a window are read: in tiles, and step by step. Together they are the window, none over another; each ascending. */
export type Plan = { readonly tiles: readonly TileRange[]; readonly points: readonly Stretch[] }

/** How many tiles a plan reads at most. */
export function tilesIn({ tiles }: Plan): number {
  return tiles.reduce((sum, { first, last, width }) => sum + (last - first + 1) / width, 0)
}

/** Late ranges that lie nearer to each other than this share of the window become one, so that a plan has few parts. */
const nearest = 1 / 32

/**
 * The largest tiles that do not reach over a bucket's edge, as far as they are sealed and no late point is in them; at the edges of what they
 * cover smaller ones, and the rest as points. As widths are powers of two on one grid, a tile is within a bucket if it is not wider.
 * @param avoided stretches whose tiles do not answer the question
 * @param edge steps at an end of what tiles cover that are not worth smaller ones
 */
export function planOf(
  window: Stretch,
  bucketWidth: number,
  coverage: Coverage,
  avoided: readonly Stretch[],
  edge = 0,
): Plan {
  const tiles: TileRange[] = []
  const points: Stretch[] = []
  const near = (window.last - window.first) * nearest
  let next = window.first
  for (const seal of coverage.seals) {
    const sealed = { first: Math.max(seal.first, next), last: Math.min(seal.last, window.last) }
    if (sealed.first > sealed.last || seal.width > bucketWidth) continue
    const stale = coverage.late.filter((late) => isStale(late, seal))
    for (const valid of without(sealed, [...stale, ...avoided], near)) {
      const own: TileRange[] = []
      const widths = widthsOf(seal.width, Math.min(bucketWidth, valid.last - valid.first + 1))
      cover(valid, widths, { version: seal.version, edge }, own)
      if (own.length === 0) continue
      if (own[0]!.first > next) points.push({ first: next, last: own[0]!.first - 1 })
      tiles.push(...own)
      next = own.at(-1)!.last + 1
    }
  }
  if (next <= window.last) points.push({ first: next, last: window.last })
  return { tiles, points }
}

/** The seal's widths up to `most`, largest first. */
function widthsOf(lowest: number, most: number): number[] {
  const widths: number[] = []
  for (let width = lowest; width <= most; width *= tileRatio) widths.unshift(width)
  return widths
}

/** Covers a stretch by tiles, ascending and without a hole; what is left at its ends is less than the smallest, or no more than `edge`. */
function cover(
  { first, last }: Stretch,
  widths: readonly number[],
  options: { readonly version: number; readonly edge: number },
  tiles: TileRange[],
): void {
  const [width, ...smaller] = widths
  if (width === undefined) return
  const from = Math.ceil(first / width) * width
  const to = Math.floor((last + 1) / width) * width - 1
  if (from > to) {
    cover({ first, last }, smaller, options, tiles)
    return
  }
  const { version, edge } = options
  if (from - first > edge) cover({ first, last: from - 1 }, smaller, options, tiles)
  tiles.push({ first: from, last: to, width, version })
  if (last - to > edge) cover({ first: to + 1, last }, smaller, options, tiles)
}
