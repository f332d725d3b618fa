import { below } from '../reduce/buckets.ts'
import type { Drawn } from './columns.ts'
import { addSum, addTo, sumNumbers } from './exact-sum.ts'

/**
 * The figures of one bucket, as numbers in a row: its key, its points, and of each role the point that has it. A role's first number is how many
 * points were in it: 0 means that nothing else is said.
 */
export const role = { count: 0, x: 1, step: 2, value: 3, time: 4, length: 5 } as const
export const cell = {
  key: 0,
  points: 1,
  lowestStep: 2,
  first: 3,
  low: 3 + role.length,
  high: 3 + 2 * role.length,
  last: 3 + 3 * role.length,
  nan: 3 + 4 * role.length,
  positive: 3 + 5 * role.length,
  negative: 3 + 6 * role.length,
  sums: 3 + 7 * role.length,
  length: 3 + 7 * role.length + sumNumbers,
} as const

/** Adds a bucket to its neighbour of lower x. */
export function mergeCells(numbers: Float64Array, at: number, other: Float64Array, from: number): void {
  numbers[at + cell.points]! += other[from + cell.points]!
  numbers[at + cell.lowestStep] = Math.min(numbers[at + cell.lowestStep]!, other[from + cell.lowestStep]!)
  const take = (which: number, better: boolean) => {
    const count = numbers[at + which]! + other[from + which]!
    if (other[from + which]! > 0 && (numbers[at + which] === 0 || better)) {
      numbers.set(other.subarray(from + which, from + which + role.length), at + which)
    }
    numbers[at + which] = count
  }
  take(cell.low, below(other[from + cell.low + role.value]!, numbers[at + cell.low + role.value]!))
  take(cell.high, below(numbers[at + cell.high + role.value]!, other[from + cell.high + role.value]!))
  take(cell.last, true)
  for (const which of [cell.first, cell.nan, cell.positive, cell.negative]) take(which, false)
  addSum(numbers, at + cell.sums, other, from + cell.sums)
}

/** Adds points `from` up to `to`, all of this bucket. */
export function addRun(
  numbers: Float64Array,
  at: number,
  points: Drawn,
  from: number,
  to: number,
  sums: boolean,
): void {
  const { values, steps } = points
  numbers[at + cell.points]! += to - from
  if (steps[from]! < numbers[at + cell.lowestStep]!) numbers[at + cell.lowestStep] = steps[from]!
  const { count, first, low, high, last } = findExtremes(points, from, to)
  if (count > 0) {
    offer(numbers, at + cell.first, points, first, count, false)
    offer(numbers, at + cell.last, points, last, count, true)
    offerExtreme(numbers, at + cell.low, points, low, count, false)
    offerExtreme(numbers, at + cell.high, points, high, count, true)
  }
  if (count < to - from) addNonFinite(numbers, at, points, from, to)
  if (sums) for (let i = from; i < to; i++) if (Number.isFinite(values[i]!)) addTo(numbers, at + cell.sums, values[i]!)
}

/** How many points are finite, and which have the roles. Of points alike in value the one of the lowest x, of those the first of the order, counts. */
function findExtremes({ xs, values }: Drawn, from: number, to: number) {
  let [first, low, high, last, count] = [from, from, from, from, 0]
  for (let i = from; i < to; i++) {
    const value = values[i]!
    if (value - value !== 0) continue
    if (count++ === 0) {
      first = low = high = last = i
      continue
    }
    const x = xs[i]!
    if (x < xs[first]!) first = i
    if (x >= xs[last]!) last = i
    if (value <= values[low]! && (below(value, values[low]!) || (Object.is(value, values[low]) && x < xs[low]!)))
      low = i
    if (value >= values[high]! && (below(values[high]!, value) || (Object.is(value, values[high]) && x < xs[high]!)))
      high = i
  }
  return { count, first, low, high, last }
}

function addNonFinite(numbers: Float64Array, at: number, points: Drawn, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const value = points.values[i]!
    if (value - value === 0) continue
    const which = Number.isNaN(value) ? cell.nan : value > 0 ? cell.positive : cell.negative
    offer(numbers, at + which, points, i, 1, false)
  }
}

/** The lowest x has the role, and of points alike in x the one that came first; or the highest, and the one that came last. */
function offer(numbers: Float64Array, at: number, points: Drawn, i: number, count: number, last: boolean): void {
  const [x, had] = [points.xs[i]!, numbers[at + role.x]!]
  if (numbers[at] === 0 || (last ? x >= had : x < had)) put(numbers, at, points, i)
  numbers[at]! += count
}

function offerExtreme(
  numbers: Float64Array,
  at: number,
  points: Drawn,
  i: number,
  count: number,
  highest: boolean,
): void {
  const [value, had] = [points.values[i]!, numbers[at + role.value]!]
  const beyond = highest ? below(had, value) : below(value, had)
  const earlier = Object.is(value, had) && points.xs[i]! < numbers[at + role.x]!
  if (numbers[at] === 0 || beyond || earlier) put(numbers, at, points, i)
  numbers[at]! += count
}

function put(numbers: Float64Array, at: number, { xs, steps, values, times }: Drawn, i: number): void {
  numbers[at + role.x] = xs[i]!
  numbers[at + role.step] = steps[i]!
  numbers[at + role.value] = values[i]!
  numbers[at + role.time] = times ? times[i]! : Number.NaN
}
