/**
 * Growing output and checked input for binary layouts (log records, ClickHouse's Native): the state is one object, the codecs
 * are free functions. Varints are LEB128: 7 bits a byte, low first.
 */
export type Output = { bytes: Buffer; at: number }

export function createOutput(capacity: number): Output {
  return { bytes: Buffer.allocUnsafeSlow(capacity), at: 0 }
}

/** Makes room for `count` more bytes. */
export function reserve(output: Output, count: number): void {
  const needed = output.at + count
  if (needed <= output.bytes.length) return
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, output.bytes.length * 2))
  output.bytes.copy(larger, 0, 0, output.at)
  output.bytes = larger
}

export function putVarint(output: Output, value: number): void {
  reserve(output, 8)
  const { bytes } = output
  let { at } = output
  let rest = value
  while (rest >= 0x8000_0000) {
    bytes[at++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  // From here on in the integers of the processor.
  let low = rest | 0
  while (low >= 0x80) {
    bytes[at++] = (low & 0x7f) | 0x80
    low >>>= 7
  }
  bytes[at++] = low
  output.at = at
}

export function putByte(output: Output, value: number): void {
  reserve(output, 1)
  output.bytes[output.at++] = value
}

export function putFloat64(output: Output, value: number): void {
  reserve(output, 8)
  output.bytes.writeDoubleLE(value, output.at)
  output.at += 8
}

/** Texts up to this length are written here, character by character; beyond, the call into the engine pays. */
const shortText = 64

export function putText(output: Output, text: string): void {
  if (text.length <= shortText && putAscii(output, text)) return
  const length = Buffer.byteLength(text)
  putVarint(output, length)
  reserve(output, length)
  output.at += output.bytes.write(text, output.at, length, 'utf8')
}

/** False, with nothing written, if there is a character beyond ASCII. */
function putAscii(output: Output, text: string): boolean {
  const { length } = text
  reserve(output, length + 1)
  const { bytes, at } = output
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return false
    bytes[at + 1 + i] = code
  }
  bytes[at] = length
  output.at = at + 1 + length
  return true
}

export function putBytes(output: Output, bytes: Uint8Array): void {
  reserve(output, bytes.length)
  output.bytes.set(bytes, output.at)
  output.at += bytes.length
}

export type Input = { readonly bytes: Buffer; at: number }

export function inputOf(bytes: Uint8Array): Input {
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 }
}

export function takeVarint(input: Input): number {
  let byte = takeByte(input)
  if (byte < 0x80) return byte
  let value = byte & 0x7f
  let scale = 0x80
  do {
    byte = takeByte(input)
    value += (byte & 0x7f) * scale
    scale *= 0x80
  } while (byte >= 0x80)
  return value
}

export function takeByte(input: Input): number {
  if (input.at >= input.bytes.length) throw new RangeError('the bytes end too early')
  return input.bytes[input.at++]!
}

export function takeFloat64(input: Input): number {
  const value = input.bytes.readDoubleLE(input.at)
  input.at += 8
  return value
}

export function takeText(input: Input): string {
  const length = takeVarint(input)
  const start = skip(input, length)
  return length === 0 ? '' : input.bytes.toString('utf8', start, start + length)
}

/** A view, not a copy. */
export function takeBytes(input: Input, length: number): Uint8Array {
  const start = skip(input, length)
  return new Uint8Array(input.bytes.buffer, input.bytes.byteOffset + start, length)
}

/** Passes over `length` bytes; returns where they begin. */
export function skip(input: Input, length: number): number {
  const { bytes, at } = input
  // Lengths that are no longer exact are beyond any end.
  if (!(length <= bytes.length - at)) throw new RangeError('the bytes end too early')
  input.at = at + length
  return at
}
