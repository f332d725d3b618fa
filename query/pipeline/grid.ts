/**
 * Grids of buckets along x. Widths are powers of two, fractions included, and starts multiples of the width, so that grids of any two widths
 * nest and curves of different runs compare. A width is known by its exponent.
 */
export type Grid = {
  readonly exponent: number
  /** 2^exponent: Infinity for 1024, which takes all of float64 from end to end in two buckets. */
  readonly width: number
  /** Multiplied one after the other they divide by the width: one number may be too large for a float64. */
  readonly scale: number
  readonly scaleRest: number
}

const smallestExponent = -1074
const largestExponent = 1024

export function gridOf(exponent: number): Grid {
  const half = Math.trunc(exponent / 2)
  return { exponent, width: 2 ** exponent, scale: 2 ** -half, scaleRest: 2 ** (half - exponent) }
}

/** Number of the bucket that holds `x`: exact, since dividing by a power of two is. */
export function keyOf({ scale, scaleRest }: Grid, x: number): number {
  const scaled = x * scale * scaleRest
  // What is too small to be told from 0 still lies on its side of it.
  if (scaled === 0) return x < 0 ? -1 : 0
  return Math.floor(scaled)
}

/** Where a bucket begins. */
export function startOf({ scale, scaleRest }: Grid, key: number): number {
  return key / scale / scaleRest
}

/**
 * The least exponent, not below `least`, at which `low` to `high` touches at most `buckets` buckets wherever it lies on the grid. It depends on
 * the length alone, so that a window keeps its width while it is moved. For steps the same width as `reduce/grid.ts` has.
 */
export function exponentOf(low: number, high: number, buckets: number, least: number): number {
  let exponent = Math.max(least, smallestExponent)
  if (low === high) return Math.max(exponent, 0)
  // A quarter of large numbers, so that their distance is no infinity.
  const large = Math.max(Math.abs(low), Math.abs(high)) > 2 ** 1000
  const shrink = large ? 0.25 : 1
  const [a, b] = [low * shrink, high * shrink]
  const length = b - a
  // What rounding took off the length: added to it this is exact.
  const [bThere, aThere] = [length + a, b - length]
  const rest = b - bThere - (a - aThere)
  const most = buckets - 1
  // Near enough to begin with: the rest is found by trying.
  exponent = Math.max(exponent, Math.floor(Math.log2(length) - Math.log2(shrink * most)) - 2)
  const fits = (e: number) => {
    const reach = most * 2 ** Math.trunc(e / 2) * 2 ** (e - Math.trunc(e / 2) - (large ? 2 : 0))
    return length < reach || (length === reach && rest <= 0)
  }
  while (exponent < largestExponent && !fits(exponent)) exponent++
  return exponent
}
