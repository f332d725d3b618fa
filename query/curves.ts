import { metricKey, runKey } from '../schema/keys.ts'
import type { ReadOptions, StoreReader } from '../schema/store.ts'
import { readRows } from './charts/rows.ts'
import { readMany } from './pipeline/pages.ts'
import { type BucketTable, type LoggedPoints, type Points, sum } from './reduce/buckets.ts'
import { bucketsOf, bucketsOfLogged } from './reduce/fill.ts'
import { bucketWidthOf } from './reduce/grid.ts'
import { selectM4 } from './reduce/m4.ts'
import { type Repeated, withoutSuperseded } from './reduce/repeated.ts'
import { readExtents, seriesId } from './series-reads.ts'
import { guessExtent, guessPoints, type Knowledge, knowledgeOf, learn } from './tiles/known.ts'
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
  const lookedUp = await lookUp(reader, knowledge, rest, question, options)
  const window = { first: question.fromStep, last: question.toStep }
  const untiled = await loadUntiled(reader, lookedUp.filter(hasNoTiles), question, options)
  const long = untiled ? lookedUp.filter((one) => !hasNoTiles(one)) : lookedUp
  const reduced = await readLong(reader, long, { ...question, window, knowledge }, options)
  const short = long.filter(({ id }) => (reduced.get(id)?.points ?? Number.POSITIVE_INFINITY) <= question.buckets)
  const whole = short.length === 0 ? [] : await loadShort(reader, short, question, undefined, options)
  const curves = [...reduced].map(([id, one]) => [id, curveOfBuckets(one.table, one.width)] as const)
  return new Map([...(tried ?? []), ...(untiled ?? []), ...curves, ...(whole ?? [])])
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

const hasNoTiles = ({ known }: LongSeries) => known.coverage.seals.length === 0

/**
 * All points of the series, put into buckets here; undefined where it is not known how many they are, or they are too many. Series of which it is
 * known that their points lie over each other come sorted, side by side with the others.
 */
async function loadUntiled(
  reader: StoreReader,
  series: readonly LongSeries[],
  question: CurvesQuestion,
  options: ReadOptions,
): Promise<Curves | undefined> {
  if (series.length === 0) return new Map()
  const window = { first: question.fromStep, last: question.toStep }
  const points = series.reduce((sum, { known }) => sum + guessPoints(known, window), 0)
  if (points > sizes.chartPoints || series.some(({ known }) => known.density === 0)) return undefined
  const [mixed, plain] = [series.filter(({ known }) => known.isMixed), series.filter(({ known }) => !known.isMixed)]
  const byId = new Map(plain.map((one) => [one.id, one]))
  const curves: Curves = new Map()
  const narrow = plain.every(({ known }) => isNarrow(known.first) && isNarrow(known.last))
  const take = (id: string, logged: LoggedPoints) => {
    const { steps } = logged
    learn(byId.get(id)!.known, window, { first: steps[0]!, last: steps.at(-1)! }, steps.length)
    // What is shown as it is must not lie where the next series will.
    curves.set(id, curveOf(steps.length > question.buckets ? logged : copied(logged), question))
  }
  const [unordered, sorted] = await Promise.all([
    readRows(reader, { ...question, series: plain, narrow, points }, sizes.chartPoints, options, take),
    loadSorted(reader, mixed, question, options),
  ])
  if (!unordered || !sorted) return undefined
  const more = unordered.map((id) => byId.get(id)!)
  for (const { known } of more) known.isMixed = true
  const others = await loadSorted(reader, more, question, options)
  return others && new Map([...curves, ...sorted, ...others])
}

async function loadSorted(
  reader: StoreReader,
  series: readonly LongSeries[],
  question: CurvesQuestion,
  options: ReadOptions,
): Promise<Curves | undefined> {
  return series.length === 0 ? new Map() : await loadShort(reader, series, question, sizes.chartPoints, options)
}

/** Of a step that may not be known. */
const isNarrow = (step = 0) => Math.abs(step) < 2 ** 31 - 1

const copied = ({ steps, values }: Points): Points => ({ steps: steps.slice(), values: values.slice() })

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
      // By now the store may have merged what lay over each other.
      known.isMixed = false
    }
  }
  const window = { first: question.fromStep, last: question.toStep }
  const unclear = long.filter(({ known }) => known.coverage.seals.length === 0 && !guessExtent(known, window))
  if (unclear.length === 0) return long
  const extents = await readExtents(reader, { ...question, ...pairsOf(unclear) }, options)
  const found = new Map(extents.map((extent) => [extent.id, extent]))
  return long.flatMap((one) => {
    if (!unclear.includes(one)) return one
    const looked = found.get(one.id)
    if (!looked) return []
    const extent = { first: looked.firstStep, last: looked.lastStep }
    learn(one.known, window, extent, looked.points)
    return { ...one, extent }
  })
}

function curveOf(logged: LoggedPoints, { buckets, repeated }: Pick<CurvesQuestion, 'buckets' | 'repeated'>): Curve {
  const { steps } = logged
  const bucketWidth = steps.length === 0 ? 1 : bucketWidthOf(steps[0]!, steps.at(-1)!, buckets)
  if (steps.length > buckets) return curveOfBuckets(bucketsOfLogged(logged, bucketWidth, repeated), bucketWidth)
  const { superseded, ...points } = withoutSuperseded(logged, repeated)
  return { points, exact: true, bucketWidth, superseded, buckets: () => bucketsOf(points, bucketWidth) }
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
