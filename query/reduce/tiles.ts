import type { Columns } from '../../schema/store.ts'
import { type Stretch, tileFigures, tilePlaces } from '../../schema/tiles.ts'
import { integers, numbers } from '../sql/read.ts'
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
  return { ...decoded(answer, undefined), versions: numbers(answer, 'version') }
}

/**
 * The rows of an answer, or those of it that `order` lists. What comes as 64-bit integers is read by halves where it is needed: a column of all of it
 * would be as much garbage as the answer itself.
 */
function decoded(answer: Columns, order: readonly number[] | undefined): Omit<TileTable, 'versions'> {
  const rows = order?.length ?? answer.rows
  const table = emptyTable(rows)
  const [starts, figures] = [numbers(answer, 'start'), numbers(answer, 'figures')]
  const places = integers(answer, 'places')
  const low = new Uint32Array(places.buffer, places.byteOffset, places.length * 2)
  const high = new Int32Array(places.buffer, places.byteOffset, places.length * 2)
  const [firstSteps, lastSteps] = [new Float64Array(rows), new Float64Array(rows)]
  const at = (i: number) => high[2 * i + 1]! * 2 ** 32 + low[2 * i]!
  for (let row = 0; row < rows; row++) {
    const from = order ? order[row]! : row
    const start = starts[from]!
    const p = from * tilePlaces.length
    const f = from * tileFigures.length
    table.steps[row] = start
    table.counts[row] = at(p + place.count)
    table.superseded[row] = at(p + place.superseded)
    firstSteps[row] = start + at(p + place.firstStep)
    lastSteps[row] = start + at(p + place.lastStep)
    table.first[row] = figures[f + figure.first]!
    table.firstSteps[row] = start + at(p + place.firstFinite)
    table.min[row] = figures[f + figure.minimum]!
    table.minSteps[row] = start + at(p + place.minimum)
    table.max[row] = figures[f + figure.maximum]!
    table.maxSteps[row] = start + at(p + place.maximum)
    table.last[row] = figures[f + figure.last]!
    table.lastSteps[row] = start + at(p + place.lastFinite)
    table.nan[row] = at(p + place.nan)
    table.nanSteps[row] = start + at(p + place.nanStep)
    table.positiveInfinity[row] = at(p + place.positiveInfinity)
    table.positiveInfinitySteps[row] = start + at(p + place.positiveInfinityStep)
    table.negativeInfinity[row] = at(p + place.negativeInfinity)
    table.negativeInfinitySteps[row] = start + at(p + place.negativeInfinityStep)
  }
  return { table, firstSteps, lastSteps }
}

/** Tiles of one series, each in its newest version; `version` is the newest of all, `extent` the lowest and the highest step of any point. */
export type SeriesTilesRead = { readonly table: BucketTable; readonly extent: Stretch; readonly version: number }

/** Of an answer about one series, in any order. */
export function tilesInAnyOrder(answer: Columns): SeriesTilesRead {
  const versions = numbers(answer, 'version')
  const { table, firstSteps, lastSteps } = decoded(answer, newestRows(numbers(answer, 'start'), versions))
  let version = 0
  for (let row = 0; row < versions.length; row++) version = Math.max(version, versions[row]!)
  return { table, extent: { first: firstSteps[0]!, last: lastSteps[table.count - 1]! }, version }
}

/** By start the rows of the highest version; undefined where these are all rows, as they are. Sorting finds the stretches that are in order. */
function newestRows(starts: Float64Array, versions: Float64Array): number[] | undefined {
  let row = 1
  while (row < starts.length && starts[row - 1]! < starts[row]!) row++
  if (row >= starts.length) return undefined
  const rows = Array.from(starts, (_, i) => i).sort((a, b) => starts[a]! - starts[b]! || versions[a]! - versions[b]!)
  return rows.filter((row, i) => i === rows.length - 1 || starts[row] !== starts[rows[i + 1]!])
}

/** Of rows `from` to `to` of an answer in order. */
export function newestTiles(tiles: TileTable, from: number, to: number): SeriesTilesRead {
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
