/**
 * The width in steps of the buckets that cover `firstStep` to `lastStep` with at most `buckets` of them: the least power of two
 * for which that holds wherever the range lies on the grid of its multiples. It depends on the length of the range alone, so a
 * window keeps its width while it is moved, and grids of any two widths nest. `buckets` is 2 or more: a range across step 0
 * touches two buckets at every width.
 */
export function bucketWidthOf(firstStep: number, lastStep: number, buckets: number): number {
  // Big integers, because the length goes up to 2^54.
  const distance = BigInt(lastStep) - BigInt(firstStep)
  if (distance < BigInt(buckets)) return 1
  const most = BigInt(buckets - 1)
  let width = 1n
  while ((distance + width - 1n) / width > most) width *= 2n
  return Number(width)
}

/** First step of the bucket that holds `step`. Exact: `width` is a power of two. */
export function bucketStart(step: number, width: number): number {
  return Math.floor(step / width) * width
}
