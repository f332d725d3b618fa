import type { Parameters, StoreReader } from '../../../schema/store.ts'
import { isStale, type LateRange, type Seal, type Stretch, tileRatio, tiling } from '../../../schema/tiles.ts'
import { mayHaveTiles } from '../late-points.ts'
import { readCoverage } from './coverage.ts'
import { alignDown, aligned, alignUp, wholeTiles } from './grid.ts'
import type { LongSeries } from './long-series.ts'
import { insertSeal, pointsBetween, tilesOfPoints, tilesOfTiles } from './statements.ts'

/** The store as a build knows it. */
export type TileStore = {
  readonly reader: StoreReader
  command(sql: string, parameters?: Parameters): Promise<void>
}

export type BuildOptions = {
  /** A stretch of fewer points is left as it is. */
  readonly leastPoints: number
  /** About so many points go into one statement. */
  readonly slicePoints: number
  /** Called after each statement that made tiles: where a build waits, and where it ends by an error. */
  pause(): Promise<void>
}

/** Points of which tiles were made, those that were made again included, and points above the seals that were left. */
export type Built = { readonly points: number; readonly unsealed: number }

/**
 * Brings a series' tiles up to what its summary covers: makes those anew that late points meet, then new ones for stretches without, each
 * stretch in slices. After each step a seal says what holds by then, so a build that ends anywhere has lost little; and as each seal is a fact
 * that nothing makes wrong, it does not matter who else builds at the same time, from which older state, or how late that arrives.
 */
export async function buildTiles(store: TileStore, series: LongSeries, options: BuildOptions): Promise<Built> {
  const { version } = series
  const names = { run: series.run, metric: series.metric }
  // Of a shorter one nobody writes down which points are late.
  if (!mayHaveTiles(series.count)) return { points: 0, unsealed: 0 }
  const { seals, late } = await readCoverage(store.reader, names)
  // Somebody has built more than this summary knows.
  if (seals.some((seal) => seal.version > version)) return { points: 0, unsealed: 0 }
  const work = { store, series, names, options, points: 0 }
  await heal(work, seals, late)
  // The highest steps are left out: what comes a little out of order there is not late.
  let unsealed = 0
  let below: Seal | undefined
  for (const seal of [...seals, undefined]) {
    const gap = {
      first: below ? below.last + 1 : series.firstStep,
      last: seal ? seal.first - 1 : series.lastStep - tiling.lateSlack,
    }
    const count = gap.first > gap.last ? 0 : await countPoints(work, gap)
    if (count >= options.leastPoints) await buildGap(work, gap, count, below)
    else if (!seal) unsealed = count
    below = seal
  }
  return { points: work.points, unsealed }
}

type Work = {
  readonly store: TileStore
  readonly series: LongSeries
  readonly names: { readonly run: bigint; readonly metric: bigint }
  readonly options: BuildOptions
  points: number
}

/** Makes the tiles anew in which late points are, and then says of all seals that they hold them. */
async function heal(work: Work, seals: readonly Seal[], late: readonly LateRange[]): Promise<void> {
  let stale = 0
  for (const seal of seals) {
    const ranges = staleRanges(seal, late)
    stale += ranges.length
    for (const range of ranges) {
      const count = await countPoints(work, range)
      for (const slice of slicesOf(work, range, count, seal.width)) await makeLowest(work, seal, slice)
    }
    await makeWider(work, seal, ranges)
  }
  if (stale === 0) return
  for (const seal of seals) await publish(work, seal)
}

/** The ranges of a seal that must be read again, in whole tiles of the lowest width, ascending and apart. */
function staleRanges(seal: Seal, late: readonly LateRange[]): Stretch[] {
  const met = late
    .filter((range) => isStale(range, seal))
    .map(({ first, last }) => ({ first: Math.max(first, seal.first), last: Math.min(last, seal.last) }))
  return aligned(met, seal.width)
}

/** Tiles for a stretch that has none, slice by slice; `below` is the seal that ends right before it. */
async function buildGap(work: Work, gap: Stretch, count: number, below: Seal | undefined): Promise<void> {
  const { series } = work
  const length = gap.last - gap.first + 1
  const width = likeNeighbour(widthOf(length / count), below)
  // Below its first step a series has nothing, so the first tile may begin there.
  const first = below || gap.first !== series.firstStep ? alignUp(gap.first, width) : alignDown(gap.first, width)
  const end = alignDown(gap.last + 1, width)
  const grows = below !== undefined && below.width === width && below.last + 1 === first
  const from = grows ? below.first : first
  for (const slice of slicesOf(work, { first, last: end - 1 }, count, width)) {
    const seal = { first: from, last: slice.last, width }
    await makeLowest(work, seal, slice)
    await makeWider(work, seal, [slice])
    await publish(work, seal)
  }
}

/** Cuts whole tiles into stretches of about as many points as one statement may read, and counts them as done. */
function* slicesOf(work: Work, { first, last }: Stretch, points: number, width: number): Iterable<Stretch> {
  const length = last - first + 1
  const slice = alignUp(Math.max(1, Math.floor((length * work.options.slicePoints) / Math.max(points, 1))), width)
  for (let at = first; at <= last; at += slice) {
    const end = Math.min(at + slice - 1, last)
    work.points += Math.round((points * (end - at + 1)) / length)
    yield { first: at, last: end }
  }
}

/** The least power of two that is expected to hold more than half of the points of a full tile. */
function widthOf(stepsPerPoint: number): number {
  return Math.max(tiling.leastWidth, 2 ** Math.floor(Math.log2(tiling.pointsPerTile * stepsPerPoint)))
}

/** A stretch that is about as dense as the one before goes on in its widths. */
function likeNeighbour(width: number, below: Seal | undefined): number {
  return below && width <= below.width * 4 && width >= below.width / 4 ? below.width : width
}

/** Makes the tiles of the seal's lowest width in a range of whole ones. */
async function makeLowest(
  { store, series, names, options }: Work,
  { width }: { width: number },
  range: Stretch,
): Promise<void> {
  const { version } = series
  // A position in the log is offset * 65536 + a number within the record.
  const end = (BigInt(version) + 1n) * 65_536n
  await store.command(tilesOfPoints(series.disorder === 0), { ...names, ...range, width, mask: -width, version, end })
  await options.pause()
}

/**
 * Makes the wider tiles that some ranges are in, as far as they lie within the seal, each width out of the one below. A width is finished in all
 * ranges before the next one begins: two ranges may be in one wider tile, and of two tiles of one place and version both must be right.
 */
async function makeWider(
  { store, series, names, options }: Work,
  seal: Omit<Seal, 'version'>,
  ranges: readonly Stretch[],
): Promise<void> {
  const { version } = series
  const length = seal.last - seal.first + 1
  for (let lower = seal.width; lower * tileRatio <= length; lower *= tileRatio) {
    const width = lower * tileRatio
    for (const { first, last } of wholeTiles(seal, ranges, width)) {
      await store.command(tilesOfTiles(), { ...names, first, last, width, mask: -width, version, lower })
      await options.pause()
    }
  }
}

async function publish({ store, series, names }: Work, { first, last, width }: Omit<Seal, 'version'>): Promise<void> {
  await store.command(insertSeal, { ...names, first, last, width, version: series.version })
}

async function countPoints({ store, names }: Work, { first, last }: Stretch): Promise<number> {
  const [answer] = await store.reader.rows<{ points: number }>(pointsBetween, { ...names, first, last })
  return Number(answer!.points)
}
