import { metricKey, runKey } from '../schema/keys.ts'
import type { ReadOptions, StoreReader } from '../schema/store.ts'
import { type BucketTable, bucketsOf, emptyTable, type Points } from './reduce/buckets.ts'
import { bucketWidthOf } from './reduce/grid.ts'
import { selectM4 } from './reduce/m4.ts'
import { type Repeated, withoutSuperseded } from './reduce/repeated.ts'
import { splice } from './reduce/splice.ts'
import { type Extent, readBuckets, readExtents, readPoints } from './series-reads.ts'
import type { BucketGroup } from './sql/series-buckets.ts'
import type { SeriesSet } from './sql/series-points.ts'

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

/** Points up to which a request is first tried in one go: cheap to have read in vain, and most requests end with it. */
const pointsTried = 20_000

/**
 * The curves of runs x metrics by `seriesId`; those without points in the range are left out. The number of questions to the store does not
 * depend on the number of series: one where all are short, because each costs 3 to 5 ms before it reads anything; otherwise how long they
 * are, then the points of the short and the buckets of the long ones, side by side.
 */
export async function loadCurves(reader: StoreReader, question: CurvesQuestion, options: ReadOptions): Promise<Curves> {
  const runs = [...new Set(question.runs)].map((run) => runKey(question.project, run))
  const metrics = [...new Set(question.metrics)].map(metricKey)
  if (runs.length === 0 || metrics.length === 0) return new Map()
  const tried = await tryWhole(reader, question, { runs, metrics }, options)
  if (tried) return tried
  const extents = await readExtents(reader, { ...question, runs, metrics }, options)
  const short = extents.filter((extent) => extent.points <= question.buckets)
  const long = extents.filter((extent) => extent.points > question.buckets)
  const [whole, reduced] = await Promise.all([
    loadWhole(reader, question, short, options),
    loadReduced(reader, question, long, options),
  ])
  return new Map([...whole, ...reduced])
}

/** Undefined when one of the series is too long to come back whole, or all together are. */
async function tryWhole(
  reader: StoreReader,
  question: CurvesQuestion,
  { runs, metrics }: Pick<SeriesSet, 'runs' | 'metrics'>,
  options: ReadOptions,
): Promise<Curves | undefined> {
  const most = runs.length * metrics.length * question.buckets
  if (most > pointsTried) return undefined
  const pairs = {
    runs: runs.flatMap((run) => metrics.map(() => run)),
    metrics: runs.flatMap(() => metrics),
  }
  const { points, complete } = await readPoints(reader, { ...question, ...pairs }, most + 1, options)
  for (const { steps } of points.values()) if (steps.length > question.buckets) return undefined
  return complete ? wholeCurves(points, question) : undefined
}

async function loadWhole(
  reader: StoreReader,
  question: CurvesQuestion,
  extents: readonly Extent[],
  options: ReadOptions,
): Promise<Curves> {
  if (extents.length === 0) return new Map()
  const { points } = await readPoints(reader, { ...question, ...keysOf(extents) }, undefined, options)
  return wholeCurves(points, question)
}

/**
 * Buckets of the rows as they were logged; and again, for the stretch of each series where steps were logged more than once, of those that
 * stand. So a resumed job pays for the steps it repeated, not for all of its steps.
 */
async function loadReduced(
  reader: StoreReader,
  question: CurvesQuestion,
  extents: readonly Extent[],
  options: ReadOptions,
): Promise<Curves> {
  if (extents.length === 0) return new Map()
  const long = extents.map((extent) => ({
    ...extent,
    width: bucketWidthOf(extent.firstStep, extent.lastStep, question.buckets),
  }))
  const { repeated } = question
  const tables = await readBuckets(reader, groupsOf(question, long), repeated, 'asLogged', options)
  const stretches = long.flatMap((extent) => {
    const stretch = repeatedStretch(tables.get(extent.id), extent.width)
    return stretch ? [{ ...extent, ...stretch }] : []
  })
  if (stretches.length > 0) {
    const settled = await readBuckets(reader, groupsOf(question, stretches), repeated, 'settled', options)
    for (const { id } of stretches) tables.set(id, splice(tables.get(id)!, settled.get(id) ?? emptyTable(0)))
  }
  return new Map(long.map(({ id, width }) => [id, reducedCurve(tables.get(id) ?? emptyTable(0), width)]))
}

/** Series by bucket width; each group is asked for the stretch that holds all of its series. */
function groupsOf(question: CurvesQuestion, extents: readonly (Extent & { width: number })[]): BucketGroup[] {
  const widths = [...new Set(extents.map((extent) => extent.width))]
  return widths.map((width) => {
    const group = extents.filter((extent) => extent.width === width)
    return {
      width,
      ...keysOf(group),
      fromStep: Math.max(question.fromStep, Math.min(...group.map((extent) => extent.firstStep))),
      toStep: Math.min(question.toStep, Math.max(...group.map((extent) => extent.lastStep))),
    }
  })
}

const keysOf = (extents: readonly Extent[]) => ({
  runs: extents.map((extent) => extent.run),
  metrics: extents.map((extent) => extent.metric),
})

/** The steps of the buckets from the first to the last one in which a step was logged again. */
function repeatedStretch(table: BucketTable | undefined, width: number) {
  const first = table?.superseded.findIndex((count) => count > 0) ?? -1
  if (!table || first < 0) return undefined
  const last = table.superseded.findLastIndex((count) => count > 0)
  return { firstStep: table.steps[first]!, lastStep: table.steps[last]! + (width - 1) }
}

function wholeCurves(points: ReadonlyMap<string, Points>, { buckets, repeated }: CurvesQuestion): Curves {
  return new Map([...points].map(([id, logged]) => [id, wholeCurve(logged, buckets, repeated)]))
}

function wholeCurve(logged: Points, buckets: number, repeated: Repeated): Curve {
  const points = withoutSuperseded(logged, repeated)
  const { steps, superseded } = points
  const bucketWidth = steps.length === 0 ? 1 : bucketWidthOf(steps[0]!, steps.at(-1)!, buckets)
  return { points, exact: true, bucketWidth, superseded, buckets: () => bucketsOf(points, bucketWidth) }
}

function reducedCurve(table: BucketTable, bucketWidth: number): Curve {
  const points = selectM4(table)
  const standing = table.counts.reduce((sum, count) => sum + count, 0)
  const superseded = table.superseded.reduce((sum, count) => sum + count, 0)
  return { points, exact: points.steps.length === standing, bucketWidth, superseded, buckets: () => table }
}

const noPoints: Points = { steps: new Float64Array(0), values: new Float64Array(0) }
/** What stands for a series that has no points in the range. */
export const emptyCurve: Curve = wholeCurve(noPoints, 2, 'LAST')
