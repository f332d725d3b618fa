import { addRun, cell, mergeCells, role } from './cell.ts'
import type { Drawn } from './columns.ts'
import { exponentOf, type Grid, gridOf, keyOf, startOf } from './grid.ts'

/**
 * Buckets of points that come in whatever order of x. Their width is not known before the last point; it begins small and doubles, buckets
 * merging in pairs, whenever there would be too many. Grids nest, so the outcome is the same as if the last width had been known.
 */
export type Cells = {
  readonly buckets: number
  readonly leastExponent: number
  readonly sums: boolean
  grid: Grid
  low: number
  high: number
  /** As many as a power of two that holds all buckets: the bucket of a key lies at the key modulo that. */
  readonly slots: number
  numbers: Float64Array
}

export function createCells(buckets: number, leastExponent: number, sums: boolean): Cells {
  const slots = 2 ** Math.ceil(Math.log2(buckets))
  const numbers = emptySlots(slots)
  return { buckets, leastExponent, sums, grid: gridOf(0), low: Number.NaN, high: Number.NaN, slots, numbers }
}

function emptySlots(slots: number): Float64Array {
  const numbers = new Float64Array(slots * cell.length)
  for (let at = 0; at < numbers.length; at += cell.length) numbers[at] = Number.NaN
  return numbers
}

/** Adds points whose x is finite, in the order of steps, then of logging. */
export function addPoints(cells: Cells, points: Drawn): void {
  const { xs } = points
  if (xs.length === 0) return
  let [low, high] = [xs[0]!, xs[0]!]
  for (let i = 1; i < xs.length; i++) {
    if (xs[i]! < low) low = xs[i]!
    if (xs[i]! > high) high = xs[i]!
  }
  reach(cells, low, high)
  const { grid } = cells
  for (let from = 0; from < xs.length; ) {
    const key = keyOf(grid, xs[from]!)
    const [start, end] = [startOf(grid, key), startOf(grid, key + 1)]
    // Neighbours are mostly of one bucket.
    let to = from + 1
    while (to < xs.length && xs[to]! >= start && xs[to]! < end) to++
    addRun(cells.numbers, slotOf(cells, key), points, from, to, cells.sums)
    from = to
  }
}

/** Where the bucket of a key is, made if it is not there yet. */
function slotOf({ numbers, slots }: Cells, key: number): number {
  const at = (key - Math.floor(key / slots) * slots) * cell.length
  if (numbers[at] !== key) {
    numbers.fill(0, at, at + cell.length)
    numbers[at] = key
    numbers[at + cell.lowestStep] = Number.POSITIVE_INFINITY
  }
  return at
}

/** Widens the buckets if with points from `low` to `high` there would be too many of them. */
function reach(cells: Cells, low: number, high: number): void {
  if (low >= cells.low && high <= cells.high) return
  const alone = cells.low === cells.high
  cells.low = low < cells.low || Number.isNaN(cells.low) ? low : cells.low
  cells.high = high > cells.high || Number.isNaN(cells.high) ? high : cells.high
  const exponent = exponentOf(cells.low, cells.high, cells.buckets, cells.leastExponent)
  if (exponent !== cells.grid.exponent) regrid(cells, gridOf(exponent), alone)
}

/** `alone`: all points so far have one x, so that the one bucket there is may also become narrower. */
function regrid(cells: Cells, grid: Grid, alone: boolean): void {
  const { numbers } = cells
  const places = orderedPlaces(cells)
  const only = numbers[(places[0] ?? 0) + cell.first + role.x]!
  cells.numbers = emptySlots(cells.slots)
  // From number to number, for a bucket at the end of float64 may begin beyond it.
  const coarser = gridOf(grid.exponent - cells.grid.exponent)
  cells.grid = grid
  for (const place of places) {
    const key = alone ? keyOf(grid, onlyX(numbers, place, only)) : keyOf(coarser, numbers[place]!)
    const at = slotOf(cells, key)
    if (cells.numbers[at + cell.points] === 0) {
      cells.numbers.set(numbers.subarray(place + 1, place + cell.length), at + 1)
    } else mergeCells(cells.numbers, at, numbers, place)
  }
}

/** The x of a bucket all of whose points have the same. */
function onlyX(numbers: Float64Array, place: number, ofFirst: number): number {
  for (const at of [cell.nan, cell.positive, cell.negative]) {
    if (numbers[place + at]! > 0) return numbers[place + at + role.x]!
  }
  return ofFirst
}

/** Where the buckets are, in the order of x. */
export function orderedPlaces({ numbers }: Cells): number[] {
  const places: number[] = []
  for (let at = 0; at < numbers.length; at += cell.length) if (!Number.isNaN(numbers[at]!)) places.push(at)
  return places.sort((a, b) => numbers[a]! - numbers[b]!)
}
