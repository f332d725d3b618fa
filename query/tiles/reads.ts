import type { Columns, ReadOptions, StoreReader } from '../../schema/store.ts'
import { disjointSeals, type LateRange, type Seal } from '../../schema/tiles.ts'
import { cut } from '../pipeline/columns.ts'
import type { Points } from '../reduce/buckets.ts'
import { newestTiles, type SeriesTilesRead, tilesInAnyOrder, tileTable } from '../reduce/tiles.ts'
import { bySeries } from '../series-reads.ts'
import { pointsOfOne, type SeriesKeys, tilesOfOne } from '../sql/one-series.ts'
import { ask, numbers, values } from '../sql/read.ts'
import { type Pairs, seriesLate, seriesSeals } from '../sql/series-coverage.ts'
import { byLength, type SeriesSteps, type SeriesTiles, seriesTiles, stretchPoints } from '../sql/series-tiles.ts'
import { sizes } from './sizes.ts'

/** Conditions of one statement, each of which costs the store a tenth of a millisecond. */
const conditions = 64

/** Tiles by series. */
export async function readTiles(
  reader: StoreReader,
  ranges: readonly SeriesTiles[],
  options: ReadOptions,
): Promise<Map<string, SeriesTilesRead>> {
  const parts = split(ranges, ({ first, last, width }) => (last - first + 1) / width)
  return joined(await Promise.all(parts.map((part) => readTilesAtOnce(reader, part, options))))
}

async function readTilesAtOnce(
  reader: StoreReader,
  ranges: readonly SeriesTiles[],
  options: ReadOptions,
): Promise<Map<string, SeriesTilesRead>> {
  const series = onlySeries(ranges)
  if (!series) {
    const answer = await ask(reader, seriesTiles(ranges), options)
    const tiles = tileTable(answer)
    return bySeries(answer, (from, to) => newestTiles(tiles, from, to))
  }
  const { long, short } = byLength(ranges)
  const answer = await ask(reader, tilesOfOne(series, long, short), options)
  return bySeries(answer, () => tilesInAnyOrder(answer), series)
}

/** The series that all of the ranges are of, if there is only one. */
function onlySeries(ranges: readonly SeriesSteps[]): SeriesKeys | undefined {
  const { run, metric } = ranges[0]!
  return ranges.every((range) => range.run === run && range.metric === metric) ? { run, metric } : undefined
}

/** Points by series, in the order of step and logging; undefined when there are more than one answer may have. */
export async function readStretches(
  reader: StoreReader,
  stretches: readonly SeriesSteps[],
  options: ReadOptions,
): Promise<Map<string, Points> | undefined> {
  const rows = sizes.pointRows + 1
  const answers = await Promise.all(
    split(stretches, () => 0).map(async (part) => {
      const series = onlySeries(part)
      const statement = series ? pointsOfOne(series, part, { rows }) : stretchPoints(part, rows)
      return { series, answer: await ask(reader, statement, options) }
    }),
  )
  if (answers.some(({ answer }) => answer.rows > sizes.pointRows)) return undefined
  return joined(
    answers.map(({ series, answer }) => {
      const points = { steps: numbers(answer, 'steps'), values: values(answer, 'codes') }
      return bySeries(answer, (from, to) => cut(points, from, to), series)
    }),
  )
}

/** Parts of a list that are each of a size to be asked at once; all of one series are in one. */
function split<T extends SeriesSteps>(list: readonly T[], rowsOf: (item: T) => number): T[][] {
  const parts: T[][] = []
  let rows = 0
  for (const item of list) {
    const part = parts.at(-1)
    const before = part?.at(-1)
    const same = before?.run === item.run && before.metric === item.metric
    if (part && (same || (part.length < conditions && rows < sizes.tileRows))) part.push(item)
    else {
      parts.push([item])
      rows = 0
    }
    rows += rowsOf(item)
  }
  return parts
}

/** A series' ranges stand together, so it is in one answer. */
function joined<T>(maps: readonly Map<string, T>[]): Map<string, T> {
  return maps.length === 1 ? maps[0]! : new Map(maps.flatMap((map) => [...map]))
}

export async function readSeals(reader: StoreReader, pairs: Pairs, options: ReadOptions): Promise<Map<string, Seal[]>> {
  const answer = await ask(reader, seriesSeals(pairs), options)
  const ranges = rangesOf(answer)
  const widths = numbers(answer, 'widths')
  const seals = (from: number, to: number) => {
    const rows = ranges.slice(from, to).map((range, i) => ({ ...range, width: widths[from + i]! }))
    return disjointSeals(rows)
  }
  return bySeries(answer, seals)
}

export async function readLate(
  reader: StoreReader,
  pairs: Pairs,
  version: number,
  options: ReadOptions,
): Promise<Map<string, LateRange[]>> {
  const answer = await ask(reader, seriesLate(pairs, version), options)
  const ranges = rangesOf(answer)
  return bySeries(answer, (from, to) => ranges.slice(from, to))
}

function rangesOf(answer: Columns): LateRange[] {
  const [first, last, version] = [numbers(answer, 'firsts'), numbers(answer, 'lasts'), numbers(answer, 'versions')]
  return Array.from(first, (step, row) => ({ first: step, last: last[row]!, version: version[row]! }))
}
