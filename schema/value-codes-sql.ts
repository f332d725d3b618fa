import { digitsBound, largestScale } from './value-codes.ts'

/*
 * `value-codes.ts` in SQL. The migrations that made `code` and `value` have these texts; `value-codes.test.ts` in `ingest/store` holds all of them against each other.
 */
const head = 0xfff4n << 48n
const scaleShift = 46n
/** Of a number between 2^52 and 2^53. */
const integerHead = 0x4330n << 48n
const decimals = BigInt(largestScale + 1) << scaleShift
const quietBit = 1n << 51n
const scales = Array.from({ length: largestScale + 1 }, (_, scale) => scale)

const isDecimal = (code: string) => `bitXor(${code}, ${head}) < ${decimals}`

/** The float64 that a code stands for. */
export function decodedSql(code: string): string {
  const digits = `toInt64(bitAnd(${code}, ${(1n << scaleShift) - 1n})) - ${digitsBound}`
  return `if(${isDecimal(code)}, (${digits}) / intExp10(bitAnd(bitShiftRight(${code}, ${scaleShift}), 15)), reinterpretAsFloat64(${code}))`
}

/** The code of a float64: of a decimal at its smallest scale. */
export function encodedSql(value: string): string {
  const bits = `reinterpretAsUInt64(${value})`
  const digits = (scale: number) => `round(${value} * 1e${scale})`
  const exact = (scale: number) => `abs(${digits(scale)}) < ${digitsBound} AND ${digits(scale)} / 1e${scale} = ${value}`
  // Bits of a number between 2^52 and 2^53 end with the integer that it is. A conversion would refuse infinities, where the engine makes all branches of all rows.
  const code = (scale: number) =>
    `reinterpretAsUInt64(${digits(scale)} + ${2 ** 52 + digitsBound}) + ${head - integerHead + (BigInt(scale) << scaleShift)}`
  const branches = scales.map((scale) => `${exact(scale)}, ${code(scale)}`)
  // What is none at the largest scale is none at all, unless it is large; -0 is not the decimal 0.
  const none = `abs(${value}) < ${digitsBound / 10 ** largestScale} AND NOT (${exact(largestScale)}) OR ${bits} = ${1n << 63n}`
  return `multiIf(${none}, ${quiet(bits)}, ${branches.join(', ')}, ${quiet(bits)})`
}

/** Bits that are no decimal. */
function quiet(bits: string): string {
  return `if(${isDecimal(bits)}, bitOr(${bits}, ${quietBit}), ${bits})`
}

/** The bits of a float64 as a code, whatever it is. */
export const plainSql = (value: string): string => quiet(`reinterpretAsUInt64(${value})`)
