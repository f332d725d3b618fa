import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { type BucketTable, bucketsOf, emptyTable, type Points } from '../reduce/buckets.ts'
import { combine } from '../reduce/combine.ts'
import { type Repeated, withoutSuperseded } from '../reduce/repeated.ts'
import { splice } from '../reduce/splice.ts'
import { readBuckets } from '../series-reads.ts'
import type { BucketGroup } from '../sql/series-buckets.ts'
import type { SeriesSteps } from '../sql/series-tiles.ts'
import type { Stretch } from './coverage.ts'

/** Buckets of some steps of a series, and where their points begin and end. */
export type Part = { readonly table: BucketTable; readonly extent: Stretch }

/** Buckets of points that are at hand, at least one. */
export function partOfPoints(logged: Points, width: number, repeated: Repeated): Part {
  const { superseded, ...points } = withoutSuperseded(logged, repeated)
  const table = bucketsOf(points, width)
  // How many there are of all is what is told.
  table.superseded[0] = superseded
  return { table, extent: { first: logged.steps[0]!, last: logged.steps.at(-1)! } }
}

/** Stretches of a series to be bucketed in the store. */
export type Aggregated = {
  readonly id: string
  readonly run: bigint
  readonly metric: bigint
  readonly width: number
  readonly stretches: readonly Stretch[]
}

/**
 * Buckets of the rows as they were logged; and again, for the stretch of each series where steps were logged more than once, of those that
 * stand. So a resumed job pays for the steps it repeated, not for all of its steps.
 */
export async function readAggregated(
  reader: StoreReader,
  series: readonly Aggregated[],
  repeated: Repeated,
  options: ReadOptions,
): Promise<Map<string, Part>> {
  const parts = new Map<string, Part>()
  if (series.length === 0) return parts
  const logged = await readBuckets(reader, groupsOf(series), repeated, 'asLogged', options)
  const again: Aggregated[] = []
  for (const one of series) {
    const read = logged.get(one.id)
    if (!read) continue
    // Two stretches may meet in one bucket.
    const table = one.stretches.length > 1 ? combine([read.table], one.width) : read.table
    parts.set(one.id, { ...read, table })
    const stretch = repeatedStretch(table, one.width)
    if (stretch) again.push({ ...one, stretches: one.stretches.flatMap((each) => common(each, stretch)) })
  }
  if (again.length === 0) return parts
  const settled = await readBuckets(reader, groupsOf(again), repeated, 'settled', options)
  for (const { id, width, stretches } of again) {
    const { table = emptyTable(0) } = settled.get(id) ?? {}
    const { extent, table: before } = parts.get(id)!
    parts.set(id, { extent, table: splice(before, stretches.length > 1 ? combine([table], width) : table) })
  }
  return parts
}

/** Series that are asked alike, in groups. */
function groupsOf(series: readonly Aggregated[]): BucketGroup[] {
  const groups = new Map<string, BucketGroup & { runs: bigint[]; metrics: bigint[] }>()
  for (const { run, metric, width, stretches } of series) {
    for (const { first, last } of stretches) {
      const name = `${width} ${first} ${last}`
      const group = groups.get(name) ?? { width, runs: [], metrics: [], fromStep: first, toStep: last }
      group.runs.push(run)
      group.metrics.push(metric)
      groups.set(name, group)
    }
  }
  return [...groups.values()]
}

function common(a: Stretch, b: Stretch): Stretch[] {
  const [first, last] = [Math.max(a.first, b.first), Math.min(a.last, b.last)]
  return first <= last ? [{ first, last }] : []
}

/** The steps of the buckets from the first to the last one in which a step was logged again. */
function repeatedStretch({ superseded, steps }: BucketTable, width: number): Stretch | undefined {
  const first = superseded.findIndex((count) => count > 0)
  if (first < 0) return undefined
  const last = superseded.findLastIndex((count) => count > 0)
  return { first: steps[first]!, last: steps[last]! + (width - 1) }
}

export const stepsOf = ({ run, metric }: { run: bigint; metric: bigint }, { first, last }: Stretch): SeriesSteps => ({
  ...{ run, metric, first, last },
})
