import type { LateWrites } from '../../schema/late-writes.ts'
import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { isStale, type LateRange, type Stretch } from '../../schema/tiles.ts'
import type { BucketTable, Points } from '../reduce/buckets.ts'
import type { Repeated } from '../reduce/repeated.ts'
import { readTilesOf } from './kept-tiles.ts'
import type { Knowledge, Known, LateRead } from './known.ts'
import { type Part, partOfPoints, readAggregated, stepsOf } from './parts.ts'
import type { Plan } from './plan.ts'
import { readLate, readSeals, readStretches } from './reads.ts'
import { sizes } from './sizes.ts'

/** A series with what is known of it, and where its points in the window begin and end, if somebody has looked. */
export type LongSeries = {
  readonly id: string
  readonly run: bigint
  readonly metric: bigint
  readonly known: Known
  readonly extent: Stretch | undefined
}

export type LongQuestion = {
  readonly window: Stretch
  readonly buckets: number
  readonly repeated: Repeated
  readonly knowledge: Pick<Knowledge, 'lateWrites' | 'keptTiles'>
}

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

/** What was read of a series: from tiles, and of the points outside of them, of which `rows` came one by one. */
export type Read = { readonly tiles: Part | undefined; readonly outside: Part | undefined; readonly isLate: boolean }
type Outside = { readonly part: Part | undefined; readonly rows: number }

/**
 * What the items' plans say, side by side; undefined when there are too many points to come as rows: then they are to be put into buckets.
 * Late points are looked for as soon as the points have been read, and not before; where all who write them tell of it, only if somebody did.
 */
export async function readParts(
  reader: StoreReader,
  items: readonly Item[],
  { repeated, knowledge: { lateWrites, keptTiles } }: LongQuestion,
  options: ReadOptions,
): Promise<Map<string, Read> | undefined> {
  const [points, planned] = [readOutside(reader, items, repeated, options), plannedWith(items)]
  const isQuiet = () =>
    lateWrites !== undefined && items.every((item) => hasNothingLateSince(item, planned, lateWrites))
  const expected = isQuiet()
  const [tiles, outside, early] = await Promise.all([
    readTilesOf(reader, keptTiles, items, options),
    points,
    points.then((read) => (read && !expected ? readLateOf(reader, items, lateWrites, options) : undefined)),
    points.then((read) => read && readNewSeals(reader, items, read, options)),
  ])
  if (!outside) {
    // The guess was wrong: the series have grown.
    for (const item of items) item.aggregated = true
    return undefined
  }
  // A tile newer than any seal of the plan may hold points that came after the look: then it is looked again.
  const isNewer = items.some(({ id, plan }) => (tiles.get(id)?.version ?? -1) > newestVersion(plan))
  const late =
    expected && isQuiet() ? undefined : isNewer || !early ? await readLateOf(reader, items, lateWrites, options) : early
  return new Map(
    items.map(({ id, plan }) => {
      const found = late ? (late.get(id) ?? []) : planned.get(id)!.late
      const isLate = plan.tiles.some((tiles) => found.some((range) => isStale(range, tiles)))
      return [id, { tiles: tiles.get(id), outside: outside.get(id)?.part, isLate }]
    }),
  )
}

async function readOutside(
  reader: StoreReader,
  items: readonly Item[],
  repeated: Repeated,
  options: ReadOptions,
): Promise<Map<string, Outside> | undefined> {
  const stretches = (aggregated: boolean) => items.filter((item) => item.aggregated === aggregated)
  const asRows = stretches(false).flatMap((item) => item.plan.points.map((stretch) => stepsOf(item, stretch)))
  const asBuckets = stretches(true).map(({ plan, width, ...item }) => ({
    ...{ ...item, stretches: plan.points, width: width ?? widest },
  }))
  const [points, buckets] = await Promise.all([
    asRows.length === 0 ? new Map<string, Points>() : readStretches(reader, asRows, options),
    readAggregated(reader, asBuckets, repeated, options),
  ])
  if (!points) return undefined
  return new Map(
    items.map(({ id, width }) => {
      const logged = points.get(id)
      const part = logged ? partOfPoints(logged, width ?? widest, repeated) : buckets.get(id)
      return [id, { part, rows: logged?.steps.length ?? 0 }]
    }),
  )
}

/** What is known of late points when a plan is made. */
type Planned = { readonly late: readonly LateRange[]; readonly lateRead: LateRead | undefined }

const plannedWith = (items: readonly Item[]): ReadonlyMap<string, Planned> =>
  new Map(items.map(({ id, known: { coverage, lateRead } }) => [id, { late: coverage.late, lateRead }]))

/** Whether no late range of the item was written since those were read which its plan goes by. */
function hasNothingLateSince(
  { id, run, metric, plan }: Item,
  planned: ReadonlyMap<string, Planned>,
  lateWrites: LateWrites,
): boolean {
  if (plan.tiles.length === 0) return true
  const { lateRead } = planned.get(id)!
  return (
    lateRead !== undefined && lateRead.above <= oldestVersion(plan) && lateRead.mark === lateWrites.mark(run, metric)
  )
}

/** Where many points lie outside of tiles: the newest seals, for the next question. */
async function readNewSeals(
  reader: StoreReader,
  items: readonly Item[],
  outside: ReadonlyMap<string, Outside>,
  options: ReadOptions,
): Promise<void> {
  const now = performance.now()
  const wanting = items.filter(
    ({ id, aggregated, known }) =>
      (aggregated || outside.get(id)!.rows > sizes.sealsPoints) && now - known.sealsReadMs > sizes.sealsReadAgainMs,
  )
  if (wanting.length === 0) return
  const seals = await readSeals(reader, pairsOf(wanting), options)
  for (const { id, known } of wanting) {
    known.sealsReadMs = now
    known.coverage = { ...known.coverage, seals: seals.get(id) ?? [] }
  }
}

/** The late points that the items' tiles may be without; they are known from then on. */
async function readLateOf(
  reader: StoreReader,
  items: readonly Item[],
  lateWrites: LateWrites | undefined,
  options: ReadOptions,
): Promise<Map<string, LateRange[]>> {
  const tiled = items.filter((item) => item.plan.tiles.length > 0)
  if (tiled.length === 0) return new Map()
  const above = Math.min(...tiled.map(({ plan }) => oldestVersion(plan)))
  // Before the statement: what is written beside it may be in its answer or not.
  const marks = tiled.map(({ run, metric }) => lateWrites?.mark(run, metric))
  const late = await readLate(reader, pairsOf(tiled), above, options)
  for (const [i, { id, known }] of tiled.entries()) {
    const mark = marks[i]
    known.coverage = { ...known.coverage, late: late.get(id) ?? [] }
    known.lateRead = mark === undefined ? undefined : { above, mark }
  }
  return late
}

const oldestVersion = ({ tiles }: Plan) =>
  tiles.reduce((oldest, { version }) => Math.min(oldest, version), Number.POSITIVE_INFINITY)
const newestVersion = ({ tiles }: Plan) => tiles.reduce((newest, { version }) => Math.max(newest, version), -1)

export function pairsOf(series: readonly { readonly run: bigint; readonly metric: bigint }[]) {
  return {
    runs: [...new Set(series.map(({ run }) => run))],
    metrics: [...new Set(series.map(({ metric }) => metric))],
  }
}
