import { writeCharacters, writeFour, writeInteger } from './integers.ts'

/** Bytes that a number takes at most: sign, 17 digits, point, zeros before them or an exponent. */
export const decimalMost = 26

/** Powers of ten that float64 has exactly, and the range of magnitudes of which all that is computed here is exact. */
const powers = Array.from({ length: 23 }, (_, i) => 10 ** i)
const [leastExponent, mostExponent] = [-5, 14]
const begins = Array.from({ length: mostExponent - leastExponent + 2 }, (_, i) => Number(`1e${leastExponent + i}`))

const splitter = 2 ** 27 + 1
const parts = powers.map((power) => {
  const scaled = power * splitter
  const high = scaled - (scaled - power)
  return { high, low: power - high }
})

const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)

/** What is nearer to a bound than this is left to the engine; what is computed here is off by a hundredth of it at most. */
const doubt = 1e-6

/**
 * Writes a finite number as `JSON.stringify` would, with the fewest digits that tell it from all others; answers the place behind it. In half of
 * the time, and without a text: scaled to 17 digits before the point, a number is the exact sum of two, and what remains is to round them to 15, 16 or 17 digits and
 * to see whether that is nearer than half the way to the next number. Where this is not certain, `String` tells.
 */
export function writeNumber(number: number, bytes: DataView, at: number): number {
  const magnitude = Math.abs(number)
  if (magnitude < 2 ** 31 && (number | 0) === number) return writeInteger(number, bytes, at)
  const exponent = exponentOf(magnitude)
  if (exponent === undefined) return writeCharacters(String(number), bytes, at)
  let first = at
  if (number < 0) bytes.setUint8(first++, 0x2d)
  const begin = first
  // Digits go behind the point, and those before it are then moved over it.
  if (exponent >= 0) first++
  else {
    bytes.setUint8(first++, 0x30)
    bytes.setUint8(first++, 0x2e)
    for (let zeros = exponent + 1; zeros < 0; zeros++) bytes.setUint8(first++, 0x30)
  }
  if (!putDigits(magnitude, 16 - exponent, bytes, first)) return writeCharacters(String(number), bytes, at)
  let end = first + 17
  // Zeros before the point stay.
  const whole = first + Math.max(0, exponent + 1)
  while (end > whole && bytes.getUint8(end - 1) === 0x30) end--
  if (exponent < 0) return end
  for (let i = begin; i < whole - 1; i++) bytes.setUint8(i, bytes.getUint8(i + 1))
  if (end === whole) return end - 1
  bytes.setUint8(whole - 1, 0x2e)
  return end
}

/** Numbers that follow each other are often alike. */
let lastExponent = 0

function exponentOf(magnitude: number): number | undefined {
  if (!(magnitude >= begins[0]! && magnitude < begins.at(-1)!)) return undefined
  while (magnitude < begins[lastExponent - leastExponent]!) lastExponent--
  while (magnitude >= begins[lastExponent - leastExponent + 1]!) lastExponent++
  return lastExponent
}

/** Writes 17 digits, those of the shortest number next to `magnitude` and zeros behind; false where it is not certain which they are. */
function putDigits(magnitude: number, power: number, bytes: DataView, at: number): boolean {
  double[0] = magnitude
  // The number before a power of two is nearer than the one behind it.
  if (words[0] === 0 && (words[1]! & 0xfffff) === 0) return false
  words[0] = 0
  words[1] = (words[1]! & 0x7ff00000) - (53 << 20)
  const scale = powers[power]!
  const half = double[0]! * scale
  // magnitude * scale = product + rest, exactly (Dekker).
  const product = magnitude * scale
  const spread = magnitude * splitter
  const high = spread - (spread - magnitude)
  const low = magnitude - high
  const by = parts[power]!
  const rest = low * by.low - (product - high * by.high - low * by.high - high * by.low)
  let upper = Math.floor(product * 1e-8)
  const tail = product - upper * 1e8 + rest
  let lower = nearest(tail, 10, half)
  // Where no number of 16 digits is near enough, there is none of 15.
  if (lower < 0) lower = nearest(tail, 1, half)
  else if (lower >= 0) {
    const shorter = nearest(tail, 100, half)
    if (shorter !== none) lower = shorter
  }
  if (!(lower >= 0)) return false
  if (lower >= 1e8) {
    lower -= 1e8
    upper++
  }
  if (upper < 1e8 || upper >= 1e9 || lower >= 1e8) return false
  const tens = (upper / 10) | 0
  putEight(tens, bytes, at)
  bytes.setUint8(at + 8, 0x30 + upper - tens * 10)
  putEight(lower, bytes, at + 9)
  return true
}

const none = -1

/** The multiple of `unit` next to `tail`; `none` when it is farther than `half`, NaN when that or which one is not certain. */
function nearest(tail: number, unit: number, half: number): number {
  const multiple = Math.floor(tail / unit + 0.5) * unit
  const distance = Math.abs(multiple - tail)
  if (distance > half + doubt) return none
  return distance > half - doubt || distance > unit / 2 - doubt || multiple < 0 ? Number.NaN : multiple
}

function putEight(integer: number, bytes: DataView, at: number): void {
  const upper = (integer / 1e4) | 0
  writeFour(upper, bytes, at)
  writeFour((integer | 0) - Math.imul(upper, 10_000), bytes, at + 4)
}
