/**
 * Sums that lose next to nothing, in four numbers from `at` on: the sum of ordinary numbers and what rounding took from it (Neumaier), and the
 * same of very large ones, divided by 2^64, so that a sum beyond float64 still has a mean within it.
 */
export const sumNumbers = 4

const large = 2 ** 960
const down = 2 ** -64

export function addTo(sums: Float64Array, at: number, value: number): void {
  if (Math.abs(value) < large) compensated(sums, at, value)
  else compensated(sums, at + 2, value * down)
}

/** Adds one sum to another. */
export function addSum(sums: Float64Array, at: number, other: Float64Array, from: number): void {
  compensated(sums, at, other[from]!)
  compensated(sums, at, other[from + 1]!)
  compensated(sums, at + 2, other[from + 2]!)
  compensated(sums, at + 2, other[from + 3]!)
}

export function meanOf(sums: Float64Array, at: number, count: number): number {
  const ordinary = sums[at]! + sums[at + 1]!
  const ofLarge = sums[at + 2]! + sums[at + 3]!
  if (ofLarge === 0) return ordinary / count
  // Together before they are divided, as far as that can be: what is small beside 2^960 still counts where large ones cancel out.
  return ((ofLarge + ordinary * down) / count) * 2 ** 64
}

function compensated(sums: Float64Array, at: number, value: number): void {
  const sum = sums[at]!
  const next = sum + value
  sums[at + 1]! += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
  sums[at] = next
}
