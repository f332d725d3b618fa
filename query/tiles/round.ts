import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import type { BucketTable } from '../reduce/buckets.ts'
import type { Repeated } from '../reduce/repeated.ts'
import { isStale, type Stretch } from './coverage.ts'
import type { Known } from './known.ts'
import { type Part, partOfPoints, readAggregated, stepsOf } from './parts.ts'
import type { Plan } from './plan.ts'
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

export type Item = LongSeries & {
  /** Of the buckets that are read; undefined: nobody knows where the points begin and end. */
  width: number | undefined
  plan: Plan
  /** Stretches whose tiles do not answer the question, because steps in them were logged again. */
  avoided: Stretch[]
  /** Too many points to come row by row. */
  aggregated: boolean
}

/** Wider than any series: what is read so tells where the points begin and end, in few tiles. */
export const widest = 2 ** 53
export type Read = { tiles: Part | undefined; outside: Part | undefined; rows: number; isLate: boolean }

/** What the items' plans say, side by side; undefined when there are too many points to come as rows: then they are to be put into buckets. */
export async function readParts(
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
  if (!points) {
    // The guess was wrong: the series have grown.
    for (const item of items) item.aggregated = true
    return undefined
  }
  return new Map(
    items.map(({ id, width }) => {
      const logged = points.get(id)
      const outside = logged ? partOfPoints(logged, width ?? widest, repeated) : buckets.get(id)
      return [id, { tiles: tiles.get(id), outside, rows: logged?.steps.length ?? 0, isLate: false }]
    }),
  )
}

/** To be asked when tiles and points have been read, and not before. */
export async function lookForLatePoints(
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
