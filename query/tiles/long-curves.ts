import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import type { Stretch } from '../../schema/tiles.ts'
import { type BucketTable, sum } from '../reduce/buckets.ts'
import { combine } from '../reduce/combine.ts'
import { bucketWidthOf } from '../reduce/grid.ts'
import { guessExtent, guessPoints, learn } from './known.ts'
import { planOf, tilesIn } from './plan.ts'
import { type Item, type LongQuestion, type LongSeries, type Read, type Reduced, readParts, widest } from './round.ts'
import { sizes } from './sizes.ts'

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
    items = items.filter((item) => !finish(item, parts?.get(item.id), question, done))
  }
  return done
}

function plan(item: Item, { window }: LongQuestion, items: number, withTiles: boolean): void {
  const { known, avoided } = item
  const planned = () =>
    withTiles
      ? planOf(window, item.width ?? widest, known.coverage, avoided, edgeOf(item, items))
      : { tiles: [], points: [window] }
  item.plan = planned()
  if (tilesIn(item.plan) > sizes.tileRows) {
    // The guess was wrong: the series has grown. The widest tiles tell cheaply how far.
    item.width = undefined
    item.plan = planned()
  }
  const points = item.plan.points.reduce((sum, stretch) => sum + guessPoints(known, stretch), 0)
  if (points > mostAsRows(item, items) || !withTiles) item.aggregated = true
}

/**
 * Steps that are read as points sooner than as small tiles, which are a set more for the store to look up. Where a window is in many parts, or there are
 * many series, small tiles are.
 */
function edgeOf({ known, avoided, width }: Item, items: number): number {
  const { seals, late } = known.coverage
  if (known.density === 0 || width === undefined) return 0
  return sizes.edgePoints / known.density / (items * (seals.length + late.length + avoided.length))
}

/** The rests beside tiles are elsewhere for each series, so they come as rows if they can; whole windows are asked for together. */
function mostAsRows({ plan }: Item, items: number): number {
  const share = sizes.rowsAtOnce / items
  return plan.tiles.length > 0 ? Math.max(share, 2 * sizes.sealsPoints) : share
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
  const points = parts.reduce((total, { table }) => total + pointsOf(table), 0)
  learn(item.known, question.window, extent, points)
  const width = bucketWidthOf(extent.first, extent.last, question.buckets)
  if (item.width === undefined || width < item.width) {
    item.width = width
    return false
  }
  // What was read of points alone is in these buckets already.
  const table =
    read.tiles === undefined && width === item.width
      ? read.outside!.table
      : combine(
          parts.map((part) => part.table),
          width,
        )
  done.set(item.id, { table, width, points })
  return true
}

function pointsOf({ counts, superseded }: BucketTable): number {
  return sum(counts) + sum(superseded)
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
