import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import type { Stretch } from '../../schema/tiles.ts'
import { type BucketTable, emptyTable, type Points, sum } from '../reduce/buckets.ts'
import { combine } from '../reduce/combine.ts'
import { bucketsOfLogged } from '../reduce/fill.ts'
import type { Repeated } from '../reduce/repeated.ts'
import { splice } from '../reduce/splice.ts'
import { readBuckets } from '../series-reads.ts'
import type { BucketGroup, Rows } from '../sql/series-buckets.ts'
import type { SeriesSteps } from '../sql/series-tiles.ts'
import { readStretches } from './reads.ts'
import { sizes } from './sizes.ts'

/** Buckets of some steps of a series, and where their points begin and end. */
export type Part = { readonly table: BucketTable; readonly extent: Stretch }

/** Buckets of points that are at hand, at least one. */
export function partOfPoints(logged: Points, width: number, repeated: Repeated): Part {
  const extent = { first: logged.steps[0]!, last: logged.steps.at(-1)! }
  return { table: bucketsOfLogged(logged, width, repeated), extent }
}

/** Stretches of a series to be bucketed in the store. */
export type Aggregated = {
  readonly id: string
  readonly run: bigint
  readonly metric: bigint
  readonly width: number
  readonly stretches: readonly Stretch[]
}

/** Tries to read a series that is logged again while it is read. */
const mostTries = 4

/**
 * Buckets of the rows as they were logged; and again, for the stretch of each series where steps were logged more than once, of those that
 * stand. So a resumed job pays for the steps it repeated, not for all of its steps. Points are never taken away: if both readings of a
 * stretch count as many in each bucket, both are of the same points, and what comes out is of one moment.
 */
export async function readAggregated(
  reader: StoreReader,
  series: readonly Aggregated[],
  repeated: Repeated,
  options: ReadOptions,
): Promise<Map<string, Part>> {
  const parts = new Map<string, Part>()
  for (let left = series, tries = 1; left.length > 0; tries++) {
    const rows = tries < mostTries ? 'asLogged' : 'settled'
    const read = await readParts(reader, left, repeated, rows, options)
    const again = rows === 'settled' ? [] : left.flatMap((one) => repeatedPart(one, read.get(one.id)))
    for (const [id, part] of read) parts.set(id, part)
    if (again.length === 0) return parts
    const settled = await readSettled(reader, again, repeated, options)
    const changed = new Set<string>()
    for (const { id, stretch } of again) {
      const { extent, table } = parts.get(id)!
      const standing = settled.get(id) ?? emptyTable(0)
      if (countsAlike(table, standing, stretch)) parts.set(id, { extent, table: splice(table, standing) })
      else changed.add(id)
    }
    left = left.filter(({ id }) => changed.has(id))
  }
  return parts
}

/** Of the points that stand: made here of rows, which for 100,000 of them takes a fifth of what the store takes to settle them. */
async function readSettled(
  reader: StoreReader,
  again: readonly Again[],
  repeated: Repeated,
  options: ReadOptions,
): Promise<Map<string, BucketTable>> {
  const rows = again.reduce((sum, { points }) => sum + points, 0)
  const stretches = again.flatMap((one) => one.stretches.map((stretch) => stepsOf(one, stretch)))
  const read = rows <= sizes.pointRows ? await readStretches(reader, stretches, options) : undefined
  if (!read) {
    const parts = await readParts(reader, again, repeated, 'settled', options)
    return new Map([...parts].map(([id, { table }]) => [id, table]))
  }
  const widths = new Map(again.map(({ id, width }) => [id, width]))
  return new Map([...read].map(([id, logged]) => [id, bucketsOfLogged(logged, widths.get(id)!, repeated)]))
}

async function readParts(
  reader: StoreReader,
  series: readonly Aggregated[],
  repeated: Repeated,
  rows: Rows,
  options: ReadOptions,
): Promise<Map<string, Part>> {
  const read = await readBuckets(reader, groupsOf(series), repeated, rows, options)
  // Two stretches may meet in one bucket.
  for (const { id, width, stretches } of series) {
    const part = read.get(id)
    if (part && stretches.length > 1) read.set(id, { ...part, table: combine([part.table], width) })
  }
  return read
}

/** A stretch of buckets to be read again, and how many points it has. */
type Again = Aggregated & { readonly stretch: Stretch; readonly points: number }

/** What of a series has to be read again: within the buckets from the first to the last one in which a step was logged again. */
function repeatedPart(one: Aggregated, part: Part | undefined): Again[] {
  if (!part) return []
  const { superseded, steps, counts } = part.table
  const first = superseded.findIndex((count) => count > 0)
  if (first < 0) return []
  const last = superseded.findLastIndex((count) => count > 0)
  const stretch = { first: steps[first]!, last: steps[last]! + (one.width - 1) }
  const points = sum(counts.subarray(first, last + 1))
  return [{ ...one, stretch, points, stretches: one.stretches.flatMap((each) => common(each, stretch)) }]
}

function countsAlike(logged: BucketTable, standing: BucketTable, { first, last }: Stretch): boolean {
  let row = 0
  for (let other = 0; other < logged.count; other++) {
    const start = logged.steps[other]!
    if (start < first || start > last) continue
    if (standing.steps[row] !== start) return false
    if (standing.counts[row]! + standing.superseded[row]! !== logged.counts[other]) return false
    row++
  }
  return row === standing.count
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

export const stepsOf = ({ run, metric }: { run: bigint; metric: bigint }, { first, last }: Stretch): SeriesSteps => ({
  ...{ run, metric, first, last },
})
