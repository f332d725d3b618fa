/**
 * Texts numbered 0, 1, 2, … in the order in which they come, as bytes of UTF-8 one behind the other: texts are found, compared and searched as
 * the store does it, byte by byte, and a million of them are no object each.
 */
export type Dictionary = {
  count: number
  bytes: Buffer
  /** Where the n-th text ends; it begins where the one before ends. */
  ends: Uint32Array
  /** Hash of each text, so that making room for more takes no second look at the bytes. */
  hashes: Uint32Array
  slots: Int32Array
  /** So many of the first texts are in ascending order. */
  ordered: number
  /** So many of the first texts have their rank (`ranks.ts`); 0 as long as nobody asked for it, or all are in order anyway. */
  ranked: number
  /** Those with a rank, in ascending order; and the rank of each text, ascending with it. */
  sorted: Int32Array
  ranks: Float64Array
  /** Which texts pass conditions that were asked for lately (`text-matches.ts`). */
  readonly matches: Map<string, Matches>
}

/** Of the n-th text at n + 1, so that -1, no text, has a place too; known of the first `count` texts. */
export type Matches = { marks: Uint8Array; count: number }

export function createDictionary(): Dictionary {
  return {
    count: 0,
    bytes: Buffer.allocUnsafeSlow(1024),
    ends: new Uint32Array(64),
    hashes: new Uint32Array(64),
    slots: new Int32Array(128).fill(-1),
    ordered: 0,
    ranked: 0,
    sorted: new Int32Array(0),
    ranks: new Float64Array(0),
    matches: new Map(),
  }
}

export const beginOf = (d: Dictionary, code: number): number => (code === 0 ? 0 : d.ends[code - 1]!)

export function textAt(d: Dictionary, code: number): string {
  return d.bytes.toString('utf8', beginOf(d, code), d.ends[code])
}

/** The number of a text, a new one when it was not there. */
export function codeOf(d: Dictionary, text: string): number {
  const begin = d.count === 0 ? 0 : d.ends[d.count - 1]!
  if (begin + 3 * text.length > d.bytes.length) growBytes(d, begin + 3 * text.length)
  const end = begin + d.bytes.write(text, begin)
  const hash = hashOf(d.bytes, begin, end)
  const known = d.slots[slotOf(d, hash, d.bytes, begin, end)]!
  if (known !== -1) return known
  if (d.count === d.ends.length) growTexts(d)
  const code = d.count++
  d.ends[code] = end
  d.hashes[code] = hash
  d.slots[freeSlot(d, hash)] = code
  if (d.ordered === code && (code === 0 || compareCodes(d, code - 1, code) < 0)) d.ordered++
  return code
}

/** The number of a text that is there, or -1. */
export function findText(d: Dictionary, text: string): number {
  const bytes = Buffer.from(text)
  return d.slots[slotOf(d, hashOf(bytes, 0, bytes.length), bytes, 0, bytes.length)]!
}

function hashOf(bytes: Buffer, begin: number, end: number): number {
  let hash = 0x811c9dc5
  for (let at = begin; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** The slot that has the text, or the free one where it would be. */
function slotOf(d: Dictionary, hash: number, bytes: Buffer, begin: number, end: number): number {
  const mask = d.slots.length - 1
  let slot = hash & mask
  for (;;) {
    const code = d.slots[slot]!
    if (code === -1 || (d.hashes[code] === hash && isSame(d, code, bytes, begin, end))) return slot
    slot = (slot + 1) & mask
  }
}

function freeSlot(d: Dictionary, hash: number): number {
  const mask = d.slots.length - 1
  let slot = hash & mask
  while (d.slots[slot] !== -1) slot = (slot + 1) & mask
  return slot
}

function isSame(d: Dictionary, code: number, bytes: Buffer, begin: number, end: number): boolean {
  const first = beginOf(d, code)
  const length = d.ends[code]! - first
  if (length !== end - begin) return false
  for (let i = 0; i < length; i++) if (d.bytes[first + i] !== bytes[begin + i]) return false
  return true
}

function growBytes(d: Dictionary, needed: number): void {
  const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.ceil(1.5 * d.bytes.length)))
  d.bytes.copy(grown)
  d.bytes = grown
}

function growTexts(d: Dictionary): void {
  const ends = new Uint32Array(2 * d.ends.length)
  ends.set(d.ends)
  const hashes = new Uint32Array(ends.length)
  hashes.set(d.hashes)
  Object.assign(d, { ends, hashes, slots: new Int32Array(2 * ends.length).fill(-1) })
  for (let code = 0; code < d.count; code++) d.slots[freeSlot(d, hashes[code]!)] = code
}

/** Ascending by bytes, as the store orders texts. */
export function compareCodes(d: Dictionary, a: number, b: number): number {
  if (a < d.ordered && b < d.ordered) return a - b
  if (a < d.ranked && b < d.ranked) return d.ranks[a]! - d.ranks[b]!
  return compareTexts(d, a, b)
}

/** The same by a look at the bytes. */
export function compareTexts(d: Dictionary, a: number, b: number): number {
  return compareBytes(d.bytes, beginOf(d, a), d.ends[a]!, d.bytes, beginOf(d, b), d.ends[b]!)
}

/** The same of a text here and one from elsewhere. */
export function compareToText(d: Dictionary, code: number, text: Buffer): number {
  return compareBytes(d.bytes, beginOf(d, code), d.ends[code]!, text, 0, text.length)
}

function compareBytes(a: Buffer, aBegin: number, aEnd: number, b: Buffer, bBegin: number, bEnd: number): number {
  const shared = Math.min(aEnd - aBegin, bEnd - bBegin)
  for (let i = 0; i < shared; i++) {
    const difference = a[aBegin + i]! - b[bBegin + i]!
    if (difference !== 0) return difference
  }
  return aEnd - aBegin - (bEnd - bBegin)
}

export function dictionaryBytes(d: Dictionary): number {
  const own = d.bytes.length + d.ends.byteLength + d.hashes.byteLength + d.slots.byteLength
  const matches = [...d.matches.values()].reduce((sum, { marks }) => sum + marks.byteLength, 0)
  return own + d.sorted.byteLength + d.ranks.byteLength + matches
}
