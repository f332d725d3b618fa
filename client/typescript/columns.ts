/** One value of a metric as JSON has it. */
export type Value = number | 'NaN' | 'Infinity' | '-Infinity'

/** A column in packed form: base64 of float64, little-endian. */
export type Packed = string

export function numberOf(value: Value): number {
  return Number(value)
}

/** A column of values in float64; absent ones become NaN, as they are in the packed form. */
export function floatsOf(values: readonly (Value | null)[]): Float64Array {
  return Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)))
}

type Decoder = { from(text: string, encoding: 'base64'): Uint8Array }
const { Buffer: decoder } = globalThis as { Buffer?: Decoder }
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Bit-exact, NaN and -0 included. @throws RangeError when these are not whole numbers of 8 bytes */
export function unpack(packed: Packed): Float64Array {
  const bytes = decoder ? decoder.from(packed, 'base64') : bytesOf(atob(packed))
  // A copy of its own: what a decoder gives may lie anywhere in a larger buffer.
  const own = new Uint8Array(bytes).buffer
  if (isLittleEndian) return new Float64Array(own)
  const view = new DataView(own)
  return Float64Array.from({ length: own.byteLength / 8 }, (_, i) => view.getFloat64(8 * i, true))
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
