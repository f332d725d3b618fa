import type { BucketTable } from '../reduce/buckets.ts'
import { cell, role } from './cell.ts'
import { type Cells, orderedPlaces } from './cells.ts'
import { meanOf } from './exact-sum.ts'
import { startOf } from './grid.ts'

/** One point of each bucket, as columns; `counts` are the points that were candidates, and where it is 0 the rest says nothing. */
export type Role = {
  readonly counts: Float64Array
  readonly xs: Float64Array
  readonly steps: Float64Array
  readonly values: Float64Array
  /** Undefined where times are not known. */
  readonly times: Float64Array | undefined
}

/** The buckets of a series in the order of x, empty ones left out, as columns of `count` rows. */
export type CellTable = {
  readonly count: number
  readonly width: number
  /** Where each bucket begins. */
  readonly starts: Float64Array
  /** All points of each bucket, non-finite ones included. */
  readonly points: Float64Array
  readonly lowestSteps: Float64Array
  readonly first: Role
  readonly low: Role
  readonly high: Role
  readonly last: Role
  readonly nan: Role
  readonly positive: Role
  readonly negative: Role
  /** Means of the finite values; undefined where nobody asked for them. */
  readonly means: Float64Array | undefined
}

export function tableOfCells(cells: Cells, times: boolean): CellTable {
  const { numbers, grid } = cells
  const places = orderedPlaces(cells)
  const column = (offset: number) => Float64Array.from(places, (place) => numbers[place + offset]!)
  const roleAt = (offset: number): Role => ({
    counts: column(offset + role.count),
    xs: column(offset + role.x),
    steps: column(offset + role.step),
    values: column(offset + role.value),
    times: times ? column(offset + role.time) : undefined,
  })
  const mean = (place: number) => {
    const finite = numbers[place + cell.first]!
    return finite === 0 ? Number.NaN : meanOf(numbers, place + cell.sums, finite)
  }
  return {
    count: places.length,
    width: grid.width,
    starts: column(cell.key).map((key) => startOf(grid, key)),
    points: column(cell.points),
    lowestSteps: column(cell.lowestStep),
    ...{ first: roleAt(cell.first), low: roleAt(cell.low), high: roleAt(cell.high), last: roleAt(cell.last) },
    ...{ nan: roleAt(cell.nan), positive: roleAt(cell.positive), negative: roleAt(cell.negative) },
    means: cells.sums ? Float64Array.from(places, mean) : undefined,
  }
}

/** Buckets by step that the store made. */
export function tableOfBuckets(table: BucketTable, width: number): CellTable {
  const finite = table.counts.map((n, i) => n - table.nan[i]! - table.positiveInfinity[i]! - table.negativeInfinity[i]!)
  const roleOf = (counts: Float64Array, steps: Float64Array, values: Float64Array): Role => {
    return { counts, xs: steps, steps, values, times: undefined }
  }
  const same = (value: number) => new Float64Array(table.count).fill(value)
  return {
    ...{ count: table.count, width, starts: table.steps, points: table.counts, lowestSteps: table.steps },
    first: roleOf(finite, table.firstSteps, table.first),
    low: roleOf(finite, table.minSteps, table.min),
    high: roleOf(finite, table.maxSteps, table.max),
    last: roleOf(finite, table.lastSteps, table.last),
    nan: roleOf(table.nan, table.nanSteps, same(Number.NaN)),
    positive: roleOf(table.positiveInfinity, table.positiveInfinitySteps, same(Number.POSITIVE_INFINITY)),
    negative: roleOf(table.negativeInfinity, table.negativeInfinitySteps, same(Number.NEGATIVE_INFINITY)),
    means: undefined,
  }
}
