import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import type { BucketTable } from '../reduce/buckets.ts'
import { combine } from '../reduce/combine.ts'
import { bucketWidthOf } from '../reduce/grid.ts'
import type { Repeated } from '../reduce/repeated.ts'
import { isStale, type Stretch } from './coverage.ts'
import { guessExtent, guessPoints, type Known, learn } from './known.ts'
import { type Part, partOfPoints, readAggregated, stepsOf } from './parts.ts'
import { type Plan, planOf } from './plan.ts'
import { readLate, readSeals, readStretches, readTiles } from './reads.ts'
import { sizes } from './sizes.ts'

/** A series with what is known of it, and where its points in the window begin and end, if somebody has looked. */
export type LongSeries = {
  readonly id: string
  readonly run: bigint
  readonly metric: bigint
  readonly known: Known
  readonly extent: Stretch | undefined
}

export type LongQuestion = { readonly window: Stretch; readonly buckets: number; readonly repeated: Repeated }

/** All buckets of a series in the window, and how many points they are of, superseded ones included. */
export type Reduced = { readonly table: BucketTable; readonly width: number; readonly points: number }

type Item = LongSeries & {
  /** Of the buckets that are read; undefined: nobody knows where the points begin and end. */
  width: number | undefined
  plan: Plan
  /** Stretches whose tiles do not answer the question, because steps in them were logged again. */
  avoided: Stretch[]
  /** Too many points to come row by row. */
  aggregated: boolean
}

/** Wider than any series: what is read so tells where the points begin and end, in few tiles. */
const widest = 2 ** 53
/** Rounds with tiles. So many blocks of late points in a hundredth of a second there are not; if there are, the points tell. */
const mostRounds = 10

/**
 * Buckets of long series, by `id`, out of tiles and of the points that they do not hold; those without points in the window are left out.
 *
 * A round reads tiles and points as planned, and then, when it has them, which points are late. Whatever points of a tile's steps somebody could
 * see before that, the tile holds them, or there is a late range that says so, since that is stored before them; then the plan was wrong and is
 * made anew. So what a round answers is what the points were at the moment in which it read the points: all that the watermark promises, or more.
 */
export async function readLong(
  reader: StoreReader,
  series: readonly LongSeries[],
  question: LongQuestion,
  options: ReadOptions,
): Promise<Map<string, Reduced>> {
  const done = new Map<string, Reduced>()
  let items = series.map((one): Item => {
    const guess = one.extent ?? guessExtent(one.known, question.window)
    const width = guess && bucketWidthOf(guess.first, guess.last, question.buckets)
    return { ...one, width, plan: { tiles: [], points: [] }, avoided: [], aggregated: false }
  })
  for (let round = 0; items.length > 0; round++) {
    for (const item of items) plan(item, question, items.length, round < mostRounds)
    const parts = await readParts(reader, items, question, options)
    if (parts) await lookForLatePoints(reader, items, parts, options)
    items = items.filter((item) => !finish(item, parts?.get(item.id), question, done))
  }
  return done
}

function plan(item: Item, { window }: LongQuestion, items: number, withTiles: boolean): void {
  const { known, avoided } = item
  // Tiles tell cheaply where points begin and end; without them the widest buckets do.
  item.plan = withTiles
    ? planOf(window, item.width ?? widest, known.coverage, avoided)
    : { tiles: [], points: [window] }
  const points = item.plan.points.reduce((sum, stretch) => sum + guessPoints(known, stretch), 0)
  if (points > mostAsRows(item, items) || !withTiles) item.aggregated = true
}

/** The rests beside tiles are elsewhere for each series, so they come as rows if they can; whole windows are asked for together. */
function mostAsRows({ plan }: Item, items: number): number {
  const share = sizes.rowsAtOnce / items
  return plan.tiles.length > 0 ? Math.max(share, 2 * sizes.sealsPoints) : share
}

type Read = { tiles: Part | undefined; outside: Part | undefined; rows: number; isLate: boolean }

/** Undefined when an answer would have been too long; the items then say what is to be done instead. */
async function readParts(
  reader: StoreReader,
  items: readonly Item[],
  { repeated }: LongQuestion,
  options: ReadOptions,
): Promise<Map<string, Read> | undefined> {
  const inTiles = items.flatMap((item) =>
    item.plan.tiles.map((range) => ({ ...stepsOf(item, range), width: range.width })),
  )
  const stretches = (aggregated: boolean) => items.filter((item) => item.aggregated === aggregated)
  const asRows = stretches(false).flatMap((item) => item.plan.points.map((stretch) => stepsOf(item, stretch)))
  const asBuckets = stretches(true).map(({ plan, width, ...item }) => ({
    ...{ ...item, stretches: plan.points, width: width ?? widest },
  }))
  const [tiles, points, buckets] = await Promise.all([
    inTiles.length === 0 ? new Map<string, Part>() : readTiles(reader, inTiles, options),
    asRows.length === 0 ? new Map() : readStretches(reader, asRows, options),
    readAggregated(reader, asBuckets, repeated, options),
  ])
  // The guess was wrong: the series has grown.
  if (!tiles) for (const item of items) item.width = undefined
  if (!points) for (const item of items) item.aggregated = true
  if (!tiles || !points) return undefined
  return new Map(
    items.map(({ id, width }) => {
      const logged = points.get(id)
      const outside = logged ? partOfPoints(logged, width ?? widest, repeated) : buckets.get(id)
      return [id, { tiles: tiles.get(id), outside, rows: logged?.steps.length ?? 0, isLate: false }]
    }),
  )
}

/** To be asked when tiles and points have been read, and not before. */
async function lookForLatePoints(
  reader: StoreReader,
  items: readonly Item[],
  parts: ReadonlyMap<string, Read>,
  options: ReadOptions,
): Promise<void> {
  const now = performance.now()
  const tiled = items.filter((item) => item.plan.tiles.length > 0)
  const wanting = items.filter(
    ({ id, aggregated, known }) =>
      (aggregated || parts.get(id)!.rows > sizes.sealsPoints) && now - known.sealsReadMs > sizes.sealsReadAgainMs,
  )
  const [late, seals] = await Promise.all([
    tiled.length > 0 ? readLate(reader, pairsOf(tiled), oldestVersion(tiled), options) : undefined,
    wanting.length > 0 ? readSeals(reader, pairsOf(wanting), options) : undefined,
  ])
  for (const item of tiled) {
    const ranges = late!.get(item.id) ?? []
    item.known.coverage = { ...item.known.coverage, late: ranges }
    parts.get(item.id)!.isLate = item.plan.tiles.some((tiles) => ranges.some((range) => isStale(range, tiles)))
  }
  // For the next question.
  for (const { id, known } of wanting) {
    known.sealsReadMs = now
    known.coverage = { ...known.coverage, seals: seals!.get(id) ?? [] }
  }
}

export function pairsOf(series: readonly { readonly run: bigint; readonly metric: bigint }[]) {
  return {
    runs: [...new Set(series.map(({ run }) => run))],
    metrics: [...new Set(series.map(({ metric }) => metric))],
  }
}

function oldestVersion(items: readonly Item[]): number {
  return Math.min(...items.flatMap(({ plan }) => plan.tiles.map(({ version }) => version)))
}

/** Whether what was read answers the question; otherwise the item says what to read. */
function finish(item: Item, read: Read | undefined, question: LongQuestion, done: Map<string, Reduced>): boolean {
  if (!read || read.isLate) return false
  const parts = [read.tiles, read.outside].filter((part) => part !== undefined)
  if (parts.length === 0) return true
  const extent = {
    first: Math.min(...parts.map((part) => part.extent.first)),
    last: Math.max(...parts.map((part) => part.extent.last)),
  }
  const again = question.repeated === 'LAST' ? undefined : repeatedIn(item, read)
  if (again) {
    item.avoided.push(again)
    return false
  }
  const points = parts.reduce((sum, { table }) => sum + pointsOf(table), 0)
  learn(item.known, question.window, extent, points)
  const width = bucketWidthOf(extent.first, extent.last, question.buckets)
  if (item.width === undefined || width < item.width) {
    item.width = width
    return false
  }
  const table = combine(
    parts.map((part) => part.table),
    width,
  )
  done.set(item.id, { table, width, points })
  return true
}

function pointsOf({ counts, superseded }: BucketTable): number {
  return counts.reduce((sum, count, row) => sum + count + superseded[row]!, 0)
}

/** The stretch of tiles in which steps were logged again. */
function repeatedIn({ plan, avoided }: Item, { tiles }: Read): Stretch | undefined {
  if (!tiles) return undefined
  const { superseded, steps } = tiles.table
  const first = superseded.findIndex((count) => count > 0)
  if (first < 0) return undefined
  const last = steps[superseded.findLastIndex((count) => count > 0)]!
  const end = plan.tiles.find((range) => range.first <= last && last <= range.last)
  const stretch = { first: steps[first]!, last: last + (end?.width ?? 1) - 1 }
  return avoided.some((other) => other.first <= stretch.first && other.last >= stretch.last) ? undefined : stretch
}
