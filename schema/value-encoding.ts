import {
  digitsBound,
  keepQuiet,
  largestScale,
  powers,
  putDecimal,
  type ValueMemory,
  valueMemory,
} from './value-codes.ts'

/** What is left of a value's digits at the largest scale when there are fewer behind the point. */
const divisors = powers.slice().reverse()
const largestPower = 10 ** largestScale
/** As far as a decimal between ±2^45, multiplied, may be from its digits: two roundings of 2^-53 each. */
const tolerance = 2 ** -6
/** Added and taken away again it leaves the next integer, of what is below 2^51. */
const rounding = 1.5 * 2 ** 52

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

/** From so many values of each series on it pays to hold what is known of it beside the loop. */
const longRows = 16

/**
 * Makes codes of values, in their place: of `rows` values each of the series `from` up to `to` of those that have these scales, one series behind
 * the other, the first value at `first`. Noise is seen to be none by one multiplication.
 */
export function encodeSeries(
  memory: ValueMemory,
  first: number,
  rows: number,
  scales: Scales,
  from: number,
  to: number,
): void {
  if (rows < longRows) encodeShort(memory, first, rows, scales, from, to)
  else
    for (let series = from; series < to; series++)
      encodeLong(memory, first + rows * (series - from), rows, scales, series)
}

/** Of one series. */
function encodeLong(
  { wide, halves }: ValueMemory,
  first: number,
  rows: number,
  { kept, needed }: Scales,
  series: number,
): void {
  let scale = kept[series]!
  let least = needed[series]!
  let divisor = divisors[scale]!
  let inverse = 1 / divisor
  for (let row = first; row < first + rows; row++) {
    const value = wide[row]!
    const scaled = value * largestPower
    let digits: number
    if (Math.abs(scaled) < digitsBound) {
      const whole = scaled + rounding - rounding
      if (Math.abs(scaled - whole) > tolerance) continue
      if (whole / largestPower !== value || (whole === 0 && halves[2 * row + 1] !== 0)) continue
      // Sooner than a division, and right where it comes out even: the product is exact.
      digits = whole * inverse + rounding - rounding
      if (digits * divisor !== whole) {
        do digits = whole / divisors[++scale]!
        while (digits !== digits + rounding - rounding)
        divisor = divisors[scale]!
        inverse = 1 / divisor
      }
    } else {
      const other = scaleOfLarge(value, scale)
      if (other < 0) {
        keepQuiet(halves, row)
        continue
      }
      if (other !== scale) {
        scale = other
        divisor = divisors[scale]!
        inverse = 1 / divisor
      }
      digits = value * powers[scale]! + rounding - rounding
    }
    if (scale > least && isNeeded(digits)) least = scale
    putDecimal(wide, halves, row, digits, scale)
  }
  kept[series] = scale
  needed[series] = least
}

/** Of many series, of few values each. */
function encodeShort(
  { wide, halves }: ValueMemory,
  first: number,
  rows: number,
  { kept, needed }: Scales,
  from: number,
  to: number,
): void {
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
        keepQuiet(halves, row)
        continue
      }
      digits = value * powers[scale]! + rounding - rounding
    }
    kept[series] = scale
    if (scale > needed[series]! && isNeeded(digits)) needed[series] = scale
    putDecimal(wide, halves, row, digits, scale)
  }
}

/** Whether a smaller scale would lose the last of the digits. */
function isNeeded(digits: number): boolean {
  const tenth = digits / 10
  return tenth !== tenth + rounding - rounding
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

/** Codes of values, which stay as they are: of series of `rows` values each, or of a single one. */
export function codesOf(values: Float64Array, rows = values.length): BigUint64Array {
  const memory = valueMemory(values.slice())
  const series = rows === 0 ? 0 : values.length / rows
  encodeSeries(memory, 0, rows, createScales(series), 0, series)
  return new BigUint64Array(memory.wide.buffer)
}
