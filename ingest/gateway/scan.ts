/** A place in bytes of msgpack: what is not as fast clients send it is not read, and not named; see `column-frame.ts`. */
export type Scan = { bytes: Uint8Array; at: number; end: number }

/** Whether the key at the place is this one of ASCII; then the place is behind it. */
export function passKey(scan: Scan, key: Uint8Array): boolean {
  const { bytes, at } = scan
  const { length } = key
  if (at + length >= scan.end || bytes[at] !== (0xa0 | length)) return false
  for (let i = 0; i < length; i++) if (bytes[at + 1 + i] !== key[i]) return false
  scan.at = at + 1 + length
  return true
}

/** Whether the text at the place is this one, of ASCII alone; then the place is behind it. */
export function passText(scan: Scan, text: string): boolean {
  const length = scanTextLength(scan)
  const { bytes, at } = scan
  if (text.length !== length || at + length > scan.end) return false
  for (let i = 0; i < length; i++) {
    const byte = bytes[at + i]!
    if (byte >= 0x80 || text.charCodeAt(i) !== byte) return false
  }
  scan.at = at + length
  return true
}

/** Length of a text of up to 255 bytes; the place is then at its bytes. 0: none, or another one. */
export function scanTextLength(scan: Scan): number {
  const { bytes, at } = scan
  if (at + 2 > scan.end) return 0
  const byte = bytes[at]!
  if ((byte & 0xe0) === 0xa0) {
    scan.at = at + 1
    return byte & 0x1f
  }
  scan.at = at + 2
  return byte === 0xd9 ? bytes[at + 1]! : 0
}

const float = new Float64Array(1)
const floatBytes = new Uint8Array(float.buffer)

/** A number as clients send integers; NaN: something else, or one that is not read here. The caller looks at its range. */
export function scanNumber(scan: Scan): number {
  const { bytes, at, end } = scan
  if (at >= end) return Number.NaN
  const byte = bytes[at]!
  if (byte < 0x80) {
    scan.at = at + 1
    return byte
  }
  const width = byte === 0xcd ? 2 : byte === 0xce ? 4 : byte === 0xcc ? 1 : 8
  if (at + 1 + width > end) return Number.NaN
  scan.at = at + 1 + width
  switch (byte) {
    case 0xcc:
      return bytes[at + 1]!
    case 0xcd:
      return (bytes[at + 1]! << 8) | bytes[at + 2]!
    case 0xce:
      return word(bytes, at + 1)
    case 0xcb:
      for (let i = 0; i < 8; i++) floatBytes[i] = bytes[at + 8 - i]!
      return float[0]!
    case 0xd3:
      if (bytes[at + 1]! >= 0x80) return Number.NaN
      return word(bytes, at + 1) * 0x1_0000_0000 + word(bytes, at + 5)
    case 0xcf:
      return word(bytes, at + 1) * 0x1_0000_0000 + word(bytes, at + 5)
    default:
      return Number.NaN
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
