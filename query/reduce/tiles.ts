import type { Columns } from '../../schema/store.ts'
import { type Stretch, tileFigures, tilePlaces } from '../../schema/tiles.ts'
import { numbers } from '../sql/read.ts'
import { type BucketTable, bucketColumns, cutTable, emptyTable } from './buckets.ts'

/** Tiles as buckets of their own widths, and which steps have points. */
export type TileTable = {
  readonly table: BucketTable
  readonly firstSteps: Float64Array
  readonly lastSteps: Float64Array
  readonly versions: Float64Array
}

const place = Object.fromEntries(tilePlaces.map((name, i) => [name, i])) as Record<(typeof tilePlaces)[number], number>
const figure = Object.fromEntries(tileFigures.map((name, i) => [name, i])) as Record<
  (typeof tileFigures)[number],
  number
>

/** The columns of `sql/series-tiles.ts`, row by row: older versions of tiles included. */
export function tileTable(answer: Columns): TileTable {
  const { rows } = answer
  const table = emptyTable(rows)
  const [starts, places, figures] = [numbers(answer, 'start'), numbers(answer, 'places'), numbers(answer, 'figures')]
  const [firstSteps, lastSteps] = [new Float64Array(rows), new Float64Array(rows)]
  for (let row = 0; row < rows; row++) {
    const start = starts[row]!
    const p = row * tilePlaces.length
    const f = row * tileFigures.length
    table.steps[row] = start
    table.counts[row] = places[p + place.count]!
    table.superseded[row] = places[p + place.superseded]!
    firstSteps[row] = start + places[p + place.firstStep]!
    lastSteps[row] = start + places[p + place.lastStep]!
    table.first[row] = figures[f + figure.first]!
    table.firstSteps[row] = start + places[p + place.firstFinite]!
    table.min[row] = figures[f + figure.minimum]!
    table.minSteps[row] = start + places[p + place.minimum]!
    table.max[row] = figures[f + figure.maximum]!
    table.maxSteps[row] = start + places[p + place.maximum]!
    table.last[row] = figures[f + figure.last]!
    table.lastSteps[row] = start + places[p + place.lastFinite]!
    table.nan[row] = places[p + place.nan]!
    table.nanSteps[row] = start + places[p + place.nanStep]!
    table.positiveInfinity[row] = places[p + place.positiveInfinity]!
    table.positiveInfinitySteps[row] = start + places[p + place.positiveInfinityStep]!
    table.negativeInfinity[row] = places[p + place.negativeInfinity]!
    table.negativeInfinitySteps[row] = start + places[p + place.negativeInfinityStep]!
  }
  return { table, firstSteps, lastSteps, versions: numbers(answer, 'version') }
}

/**
 * The tiles of rows `from` to `to`, which are of one series, each in its newest version; `version` is the newest of all, `extent` the lowest and
 * the highest step of any point.
 */
export function newestTiles(
  tiles: TileTable,
  from: number,
  to: number,
): { table: BucketTable; extent: Stretch; version: number } {
  const { table, firstSteps, lastSteps, versions } = tiles
  const { steps } = table
  const extent = { first: firstSteps[from]!, last: lastSteps[to - 1]! }
  let old = 0
  for (let row = from; row < to - 1; row++) if (steps[row] === steps[row + 1]) old++
  let version = 0
  for (let row = from; row < to; row++) version = Math.max(version, versions[row]!)
  if (old === 0) return { table: cutTable(table, from, to), extent, version }
  const newest = emptyTable(to - from - old)
  let count = 0
  for (let row = from; row < to; row++) {
    if (row < to - 1 && steps[row] === steps[row + 1]) continue
    for (const name of bucketColumns) newest[name][count] = table[name][row]!
    if (count === 0) extent.first = firstSteps[row]!
    count++
  }
  return { table: newest, extent, version }
}
