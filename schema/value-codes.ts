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

const powers = Float64Array.from({ length: largestScale + 1 }, (_, scale) => 10 ** scale)
/** What is left of a value's digits at the largest scale when there are fewer behind the point. */
const divisors = powers.slice().reverse()
const largestPower = 10 ** largestScale
/** Added and taken away again it leaves the next integer, of what is below 2^51. */
const rounding = 1.5 * 2 ** 52
/** As far as a decimal between ±2^45, multiplied, may be from its digits: two roundings of 2^-53 each. */
const tolerance = 2 ** -6
/** A number between 2^52 and 2^53 has an integer's bits in its own. */
const digitsAdded = 2 ** 52 + digitsBound

/** 64-bit values and the same memory in halves, the low one first. */
export type ValueMemory = { readonly wide: Float64Array; readonly halves: Int32Array }

export const valueMemory = (wide: Float64Array): ValueMemory => {
  return { wide, halves: new Int32Array(wide.buffer, wide.byteOffset, wide.length * 2) }
}

/**
 * Which scale the next decimal of each of some series gets if it can: digits are small only beside others of the same scale, and most of a
 * series have one. `needed` is the largest that a decimal could not do without, since `beginScales`.
 */
export type Scales = { readonly kept: Uint8Array; readonly needed: Uint8Array }

export const createScales = (series: number): Scales => {
  return { kept: new Uint8Array(series), needed: new Uint8Array(series) }
}

/** A scale that was not needed any more is given up. */
export function beginScales({ kept, needed }: Scales): void {
  kept.set(needed)
  needed.fill(0)
}

/**
 * Makes codes of values, in their place: of `rows` values each of the series `from` up to `to` of those that have these scales, one series behind
 * the other, the first value at `first`. Noise is seen to be none by one multiplication.
 */
export function encodeSeries(
  { wide, halves }: ValueMemory,
  first: number,
  rows: number,
  scales: Scales,
  from: number,
  to: number,
): void {
  const { kept, needed } = scales
  const end = first + rows * (to - from)
  let series = from
  let seriesEnd = first + rows
  for (let row = first; row < end; row++) {
    const value = wide[row]!
    const scaled = value * largestPower
    const whole = scaled + rounding - rounding
    if (Math.abs(scaled) < digitsBound && Math.abs(scaled - whole) > tolerance) continue
    for (; row >= seriesEnd; seriesEnd += rows) series++
    let scale = kept[series]!
    let digits: number
    if (Math.abs(scaled) < digitsBound) {
      if (whole / largestPower !== value || (whole === 0 && halves[2 * row + 1] !== 0)) continue
      digits = whole / divisors[scale]!
      while (digits !== digits + rounding - rounding) digits = whole / divisors[++scale]!
    } else {
      scale = scaleOfLarge(value, scale)
      if (scale < 0) {
        const high = halves[2 * row + 1]!
        if ((high ^ decimalHead) >>> 0 < decimalHalves) halves[2 * row + 1] = high | quietBit
        continue
      }
      digits = value * powers[scale]! + rounding - rounding
    }
    kept[series] = scale
    if (scale > needed[series]!) {
      const tenth = digits / 10
      if (tenth !== tenth + rounding - rounding) needed[series] = scale
    }
    wide[row] = digits + digitsAdded
    halves[2 * row + 1] = decimalHead | (scale << scaleShift) | (halves[2 * row + 1]! & digitsMask)
  }
}

/** A scale at which a value has digits within the bound although it has not at the largest one: `kept`, or the smallest; -1 if none, as of NaN. */
function scaleOfLarge(value: number, kept: number): number {
  if (!(Math.abs(value) < digitsBound)) return -1
  if (isDecimal(value, kept)) return kept
  for (let scale = 0; scale < largestScale; scale++) if (isDecimal(value, scale)) return scale
  return -1
}

function isDecimal(value: number, scale: number): boolean {
  const scaled = value * powers[scale]!
  return Math.abs(scaled) < digitsBound && (scaled + rounding - rounding) / powers[scale]! === value
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

/** Codes of values, which stay as they are: of series of `rows` values each, or of a single one. */
export function codesOf(values: Float64Array, rows = values.length): BigUint64Array {
  const memory = valueMemory(values.slice())
  const series = rows === 0 ? 0 : values.length / rows
  encodeSeries(memory, 0, rows, createScales(series), 0, series)
  return new BigUint64Array(memory.wide.buffer)
}

/** Values of codes, in the codes' own memory. */
export function valuesOf({ buffer, byteOffset, length }: BigUint64Array): Float64Array {
  const wide = new Float64Array(buffer as ArrayBuffer, byteOffset, length)
  decodeValues(valueMemory(wide), 0, length)
  return wide
}
