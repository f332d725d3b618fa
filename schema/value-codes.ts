/**
 * How the table `points` keeps a value: a decimal of few digits as an integer and its scale, for which column codecs do far more than for its
 * bits, and everything else as it is. Any value can be either; one column of 64 bits holds both.
 *
 *     1111 1111 1111 01  SSSS  DDDD … D    digits / 10^S: S from 0 to 6; digits between ±2^45, with 2^45 added
 *     anything else                        the bits of the float64
 *
 * Such bits would be NaNs that signal, which no calculation makes. One that is logged all the same is kept quiet, as it would be after any
 * calculation; it keeps its sign and the rest of its payload. Every other value comes back bit by bit: other NaNs, -0, infinities.
 */
export const largestScale = 6
/** Digits lie between minus this and this. */
export const digitsBound = 2 ** 45

/** Of a code's upper half: which bits say that it is a decimal, beside four of scale and fourteen of digits. */
const decimalHead = 0xfff40000 | 0
const scaleShift = 14
const digitsMask = 2 ** scaleShift - 1
/** Upper halves of decimals, without their head, are below this. */
const decimalHalves = (largestScale + 1) << scaleShift
/** The bit by which a NaN does not signal. */
const quietBit = 0x00080000

export const powers = Float64Array.from({ length: largestScale + 1 }, (_, scale) => 10 ** scale)
/** A number between 2^52 and 2^53 has an integer's bits in its own. */
const digitsAdded = 2 ** 52 + digitsBound

/** 64-bit values and the same memory in halves, the low one first. */
export type ValueMemory = { readonly wide: Float64Array; readonly halves: Int32Array }

export const valueMemory = (wide: Float64Array): ValueMemory => {
  return { wide, halves: new Int32Array(wide.buffer, wide.byteOffset, wide.length * 2) }
}

/** Makes a code of the value in a row: digits / 10^scale. */
export function putDecimal(wide: Float64Array, halves: Int32Array, row: number, digits: number, scale: number): void {
  wide[row] = digits + digitsAdded
  halves[2 * row + 1] = decimalHead | (scale << scaleShift) | (halves[2 * row + 1]! & digitsMask)
}

/** A NaN that looks like a decimal must not. */
export function keepQuiet(halves: Int32Array, row: number): void {
  const high = halves[2 * row + 1]!
  if ((high ^ decimalHead) >>> 0 < decimalHalves) halves[2 * row + 1] = high | quietBit
}

/** Makes values of codes, in their place: those from `from` up to `to`. */
export function decodeValues({ wide, halves }: ValueMemory, from: number, to: number): void {
  for (let row = from; row < to; row++) {
    const high = halves[2 * row + 1]!
    const head = (high ^ decimalHead) >>> 0
    if (head >= decimalHalves) continue
    const digits = (high & digitsMask) * 2 ** 32 + (halves[2 * row]! >>> 0) - digitsBound
    wide[row] = digits / powers[head >>> scaleShift]!
  }
}

/** Values of codes, in the codes' own memory. */
export function valuesOf({ buffer, byteOffset, length }: BigUint64Array): Float64Array {
  const wide = new Float64Array(buffer as ArrayBuffer, byteOffset, length)
  decodeValues(valueMemory(wide), 0, length)
  return wide
}
