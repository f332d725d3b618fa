/**
 * Short decimals as integers, in a column of 64 bits beside all other values as their bits: a layout that was measured, not built (figures: `bench/RESULTS.md`).
 *
 *     1111 1111 1111 11  SSSS  DDDD … D    digits / 10^scale, scale 0 to 6, digits within ±2^45 and stored with 2^45 added
 *     anything else                        the bits of the float64
 *
 * The first are NaNs that no program makes by calculating; one that is logged all the same would need a place of its own.
 */

const head = 0xfffc0000
const largestScale = 6
const powers = Array.from({ length: largestScale + 1 }, (_, scale) => 10 ** scale)
const zero = 2 ** 45

/**
 * Scales are kept along a series as long as they are exact, for digits are small only beside others of the same scale.
 * @param metrics whose values these are: a series begins where that changes
 */
export function codeValues(values: Float64Array, metrics: BigUint64Array): BigUint64Array {
  const codes = new BigUint64Array(values.length)
  const words = new Uint32Array(codes.buffer)
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  const series = new Uint32Array(metrics.buffer, metrics.byteOffset, metrics.length * 2)
  let scale = 0
  for (let i = 0, at = 0; i < values.length; i++, at += 2) {
    const value = values[i]!
    if (i > 0 && (series[at] !== series[at - 2] || series[at + 1] !== series[at - 1])) scale = 0
    words[at] = bits[at]!
    words[at + 1] = bits[at + 1]!
    if (!isExact(value, largestScale) || (value === 0 && bits[at + 1] !== 0)) continue
    while (!isExact(value, scale)) scale++
    const digits = Math.round(value * powers[scale]!) + zero
    words[at] = digits >>> 0
    words[at + 1] = (head | (scale << 14) | Math.floor(digits / 2 ** 32)) >>> 0
  }
  return codes
}

function isExact(value: number, scale: number): boolean {
  const digits = Math.round(value * powers[scale]!)
  return digits / powers[scale]! === value && digits < zero && digits >= -zero
}

/** SQL of the float64 that a column of codes holds. */
export function decodedSql(column: string): string {
  const digits = `toInt64(bitAnd(${column}, ${2n ** 46n - 1n})) - ${zero}`
  const power = `arrayElement([${powers.map((power) => `toFloat64(${power})`).join(', ')}], bitAnd(bitShiftRight(${column}, 46), 15) + 1)`
  return `if(${column} >= ${BigInt(head) << 32n}, (${digits}) / ${power}, reinterpretAsFloat64(${column}))`
}
