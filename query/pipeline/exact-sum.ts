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
  const [largeSum, largeRest] = [sums[at + 2]!, sums[at + 3]!]
  if (largeSum === 0 && largeRest === 0) return divided(sums[at]!, sums[at + 1]!, count)
  // Together before they are divided: what is small beside 2^960 still counts where large ones cancel out.
  const rest = largeRest + (sums[at]! + sums[at + 1]!) * down
  const mean = divided(largeSum, rest, count) * 2 ** 64
  return Number.isFinite(mean) ? mean : Math.sign(mean) * Number.MAX_VALUE
}

/** (sum + rest) / count to the last digit, so that the mean of equal numbers is that number. */
function divided(sum: number, rest: number, count: number): number {
  const whole = sum + rest
  const left = rest - (whole - sum)
  const quotient = whole / count
  // quotient x count without rounding, by halves of the digits (Dekker): what the division left over is divided too.
  const split = 134_217_729 * quotient
  const [high, low] = [split - (split - quotient), quotient - (split - (split - quotient))]
  const product = quotient * count
  const productRest = high * count - product + low * count
  const remainder = whole - product - productRest + left
  return Number.isFinite(remainder) ? quotient + remainder / count : quotient
}

function compensated(sums: Float64Array, at: number, value: number): void {
  const sum = sums[at]!
  const next = sum + value
  sums[at + 1]! += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
  sums[at] = next
}
