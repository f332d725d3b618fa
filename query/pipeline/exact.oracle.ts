/**
 * Float64 numbers as whole multiples of 2^-1074, so that sums and grids can be computed without rounding: for tests only, shares nothing with the code
 * that it checks.
 */
export function exactly(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = (bits >> 52n) & 0x7ffn
  const fraction = bits & 0xfffffffffffffn
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n)
  return value < 0 ? -magnitude : magnitude
}

/** Back, rounded towards zero where it must be; beyond float64 Infinity. */
export function approximately(multiple: bigint): number {
  const magnitude = multiple < 0n ? -multiple : multiple
  const shift = Math.max(0, magnitude.toString(2).length - 64)
  const half = Math.trunc((shift - 1074) / 2)
  const value = Number(magnitude >> BigInt(shift)) * 2 ** half * 2 ** (shift - 1074 - half)
  return multiple < 0n ? -value : value
}

/** Down, not towards zero. */
export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

/** Mean without rounding but the last. */
export function meanOf(values: readonly number[]): number {
  return approximately(values.reduce((sum, value) => sum + exactly(value), 0n) / BigInt(values.length))
}

/**
 * How far a mean may be off whose sum was compensated (Neumaier): half a digit of its own and, where large numbers cancel out, what the
 * second rounding of each term may be.
 */
export function meanRounding(mean: number, count: number, largest: number): number {
  return 2 ** -52 * Math.abs(mean) + 2 ** -104 * count * largest + 5e-324
}

/** The exponent of the narrowest power of two, not below `least`, of which at most `buckets` hold `low` to `high` wherever that lies. */
export function exponentOf(low: number, high: number, buckets: number, least: number): number {
  const length = exactly(high) - exactly(low)
  if (length === 0n) return 0
  let exponent = least
  const needed = (e: number) => {
    const width = 1n << BigInt(e + 1074)
    return (length + width - 1n) / width + 1n
  }
  while (needed(exponent) > BigInt(buckets)) exponent++
  return exponent
}
