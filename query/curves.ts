import { metricKey, runKey } from '../schema/keys.ts'
import type { ReadOptions, StoreReader } from '../schema/store.ts'
import { readMany } from './pipeline/pages.ts'
import { type BucketTable, bucketsOf, type Points, sum } from './reduce/buckets.ts'
import { bucketWidthOf } from './reduce/grid.ts'
import { selectM4 } from './reduce/m4.ts'
import { type Repeated, withoutSuperseded } from './reduce/repeated.ts'
import { readExtents, seriesId } from './series-reads.ts'
import { guessExtent, guessPoints, type Knowledge, knowledgeOf } from './tiles/known.ts'
import { readLong } from './tiles/long-curves.ts'
import { readSeals } from './tiles/reads.ts'
import { type LongSeries, pairsOf } from './tiles/round.ts'
import { sizes } from './tiles/sizes.ts'

export type CurvesQuestion = {
  readonly project: string
  readonly runs: readonly string[]
  readonly metrics: readonly string[]
  readonly fromStep: number
  readonly toStep: number
  readonly buckets: number
  readonly repeated: Repeated
}

/** A series' answer. `points` are all of the range when `exact`. */
export type Curve = {
  readonly points: Points
  readonly exact: boolean
  readonly bucketWidth: number
  readonly superseded: number
  /** Computed on demand where the points are all there. */
  readonly buckets: () => BucketTable
}

type Curves = Map<string, Curve>
type Series = { readonly id: string; readonly run: bigint; readonly metric: bigint }

/**
 * The curves of runs x metrics by `seriesId`; those without points in the range are left out. The number of questions to the store does not
 * depend on the number of series: one where all are short, because each costs 3 to 5 ms before it reads anything; otherwise, for the long
 * ones, tiles and points side by side and a look whether points were late. What takes more the first time is remembered.
 */
export async function loadCurves(reader: StoreReader, question: CurvesQuestion, options: ReadOptions): Promise<Curves> {
  const knowledge = knowledgeOf(reader)
  const series = seriesOf(question)
  const few = series.filter((one) => mayBeShort(knowledge, one, question, series.length))
  const tried = few.length === 0 ? new Map() : await loadShort(reader, few, question, sizes.pointsTried, options)
  const rest = tried ? series.filter((one) => !few.includes(one)) : series
  if (rest.length === 0) return tried ?? new Map()
  const long = await lookUp(reader, knowledge, rest, question, options)
  const window = { first: question.fromStep, last: question.toStep }
  const reduced = await readLong(reader, long, { ...question, window }, options)
  const short = long.filter(({ id }) => (reduced.get(id)?.points ?? Number.POSITIVE_INFINITY) <= question.buckets)
  const whole = short.length === 0 ? [] : await loadShort(reader, short, question, undefined, options)
  const curves = [...reduced].map(([id, one]) => [id, curveOfBuckets(one.table, one.width)] as const)
  return new Map([...(tried ?? []), ...curves, ...(whole ?? [])])
}

function seriesOf({ project, runs, metrics }: CurvesQuestion): Series[] {
  const keys = [...new Set(metrics)].map(metricKey)
  return [...new Set(runs)].flatMap((name) => {
    const run = runKey(project, name)
    return keys.map((metric) => ({ id: seriesId(run, metric), run, metric }))
  })
}

/** Series that nobody knows to be long are taken to be short. */
function mayBeShort(knowledge: Knowledge, { id }: Series, question: CurvesQuestion, series: number): boolean {
  const known = knowledge.get(id)
  if (!known) return true
  const points = guessPoints(known, { first: question.fromStep, last: question.toStep })
  return points > 0 && points < sizes.pointsTried / 2 / series
}

/** All points of the series, made into curves here; undefined when together they are more than `most`. */
async function loadShort(
  reader: StoreReader,
  series: readonly Series[],
  question: CurvesQuestion,
  most: number | undefined,
  options: ReadOptions,
): Promise<Curves | undefined> {
  const keys = { runs: series.map(({ run }) => run), metrics: series.map(({ metric }) => metric) }
  const { points, complete } = await readMany(reader, { ...question, ...keys }, most && most + 1, options)
  if (!complete) return undefined
  return new Map([...points].map(([id, logged]) => [id, curveOf(logged, question)]))
}

/** Series with what is known of them; where that is nothing or old, it is asked which tiles they have, and if none, how long they are. */
async function lookUp(
  reader: StoreReader,
  knowledge: Knowledge,
  series: readonly Series[],
  question: CurvesQuestion,
  options: ReadOptions,
): Promise<LongSeries[]> {
  const now = performance.now()
  const long = series.map((one): LongSeries => {
    return { ...one, known: knowledge.get(one.id) ?? knowledge.add(one.id), extent: undefined }
  })
  const old = long.filter(({ known }) => now - known.sealsReadMs > sizes.sealsKeptMs)
  if (old.length > 0) {
    const seals = await readSeals(reader, pairsOf(old), options)
    for (const { id, known } of old) {
      known.coverage = { ...known.coverage, seals: seals.get(id) ?? [] }
      known.sealsReadMs = now
    }
  }
  const window = { first: question.fromStep, last: question.toStep }
  const unclear = long.filter(({ known }) => known.coverage.seals.length === 0 && !guessExtent(known, window))
  if (unclear.length === 0) return long
  const extents = await readExtents(reader, { ...question, ...pairsOf(unclear) }, options)
  const found = new Map(extents.map((extent) => [extent.id, { first: extent.firstStep, last: extent.lastStep }]))
  return long.flatMap((one) => {
    if (!unclear.includes(one)) return one
    const extent = found.get(one.id)
    return extent ? { ...one, extent } : []
  })
}

function curveOf(logged: Points, { buckets, repeated }: Pick<CurvesQuestion, 'buckets' | 'repeated'>): Curve {
  const { superseded, ...points } = withoutSuperseded(logged, repeated)
  const { steps } = points
  const bucketWidth = steps.length === 0 ? 1 : bucketWidthOf(steps[0]!, steps.at(-1)!, buckets)
  if (logged.steps.length <= buckets)
    return { points, exact: true, bucketWidth, superseded, buckets: () => bucketsOf(points, bucketWidth) }
  const table = bucketsOf(points, bucketWidth)
  const drawn = selectM4(table)
  const exact = drawn.steps.length === steps.length
  return { points: drawn, exact, bucketWidth, superseded, buckets: () => table }
}

/** The curve that buckets of `width` steps draw, each of which counts its superseded points. */
export function curveOfBuckets(table: BucketTable, width: number): Curve {
  const points = selectM4(table)
  const exact = points.steps.length === sum(table.counts)
  return { points, exact, bucketWidth: width, superseded: sum(table.superseded), buckets: () => table }
}

const noPoints: Points = { steps: new Float64Array(0), values: new Float64Array(0) }
/** What stands for a series that has no points in the range. */
export const emptyCurve: Curve = curveOf(noPoints, { buckets: 2, repeated: 'LAST' })
