/**
 * Ranks of a dictionary's texts: numbers that ascend with the texts, so that comparing two is a look at two numbers. New texts come in between
 * the ranks there are; nothing is put in order twice.
 */
import { beginOf, compareTexts, compareToText, type Dictionary } from './dictionary.ts'

/** To be awaited now and then (`pace.ts`). */
type Pause = () => Promise<void> | undefined

/** What each text is compared by, when all have been ranked; undefined: by its number. */
export const ranksOf = (d: Dictionary): Float64Array | undefined => (d.ordered === d.count ? undefined : d.ranks)

/** Gives every text its rank. Nobody may change the dictionary meanwhile. */
export async function rankTexts(d: Dictionary, pause: Pause): Promise<void> {
  if (d.ordered === d.count || d.ranked === d.count) return
  if (d.ranked === 0) takeOrdered(d)
  const added = await sortedTexts(d, d.ranked, pause)
  await merge(d, added, pause)
}

/** Those that came in order are in order. */
function takeOrdered(d: Dictionary): void {
  d.sorted = new Int32Array(d.ends.length)
  d.ranks = new Float64Array(d.ends.length)
  for (let code = 0; code < d.ordered; code++) {
    d.sorted[code] = code
    d.ranks[code] = code
  }
  d.ranked = d.ordered
}

/** Texts between two looks at the clock. */
const textsPerLook = 2_000

/** Puts texts without a rank, in ascending order, among those that have one. */
async function merge(d: Dictionary, added: Int32Array, pause: Pause): Promise<void> {
  growRanks(d)
  const { sorted } = d
  // Where each would stand among those that are there.
  const places = new Int32Array(added.length)
  for (let i = 0, from = 0; i < added.length; i++) {
    from = placeOf(d, added[i]!, from)
    places[i] = from
    if (i % textsPerLook === 0) await pause()
  }
  const fits = rankBetween(d, added, places)
  // From the end on, so that nothing is written over: what lies between two new ones moves in one piece.
  let end = d.ranked
  for (let i = added.length - 1; i >= 0; i--) {
    const place = places[i]!
    sorted.copyWithin(place + i + 1, place, end)
    sorted[place + i] = added[i]!
    end = place
  }
  d.ranked = d.count
  if (!fits) for (let place = 0; place < d.count; place++) d.ranks[sorted[place]!] = place
}

/** Ranks between those of the neighbours, evenly; false when there is no room for some. */
function rankBetween(d: Dictionary, added: Int32Array, places: Int32Array): boolean {
  let fits = true
  for (let first = 0; first < added.length; ) {
    const place = places[first]!
    let end = first + 1
    while (end < added.length && places[end] === place) end++
    const gaps = end - first + 1
    const [lower, upper] = [d.sorted[place - 1], place === d.ranked ? undefined : d.sorted[place]]
    const high = upper !== undefined ? d.ranks[upper]! : (lower === undefined ? 0 : d.ranks[lower]!) + gaps
    const low = lower === undefined ? high - gaps : d.ranks[lower]!
    const step = (high - low) / gaps
    let before = low
    for (let i = first; i < end; i++) {
      const rank = low + step * (i - first + 1)
      if (!(rank > before && rank < high)) fits = false
      d.ranks[added[i]!] = rank
      before = rank
    }
    first = end
  }
  return fits
}

/** How many ranked texts come before one, which is none of the first `from`. */
function placeOf(d: Dictionary, code: number, from: number): number {
  let [low, high] = [from, d.ranked]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareTexts(d, d.sorted[middle]!, code) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The rank at which a text stands or would stand: all before it have a lower one. `isThere`: it is the text of that rank. */
export function rankOfText(d: Dictionary, text: Buffer): { rank: number; isThere: boolean } {
  const ranks = ranksOf(d)
  const codeAt = (place: number) => (ranks ? d.sorted[place]! : place)
  let [low, high] = [0, d.count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareToText(d, codeAt(middle), text) < 0) low = middle + 1
    else high = middle
  }
  if (low === d.count) return { rank: Number.POSITIVE_INFINITY, isThere: false }
  const code = codeAt(low)
  return { rank: ranks ? ranks[code]! : code, isThere: compareToText(d, code, text) === 0 }
}

function growRanks(d: Dictionary): void {
  if (d.sorted.length >= d.count) return
  const sorted = new Int32Array(d.ends.length)
  sorted.set(d.sorted)
  const ranks = new Float64Array(d.ends.length)
  ranks.set(d.ranks)
  Object.assign(d, { sorted, ranks })
}

/** The texts from one on in ascending order: merged by their first bytes behind what all have in common, so that few are looked up. */
async function sortedTexts(d: Dictionary, first: number, pause: Pause): Promise<Int32Array> {
  const count = d.count - first
  const shared = sharedBytes(d, first)
  let from = { codes: new Int32Array(count), keys: new Float64Array(count) }
  let to = { codes: new Int32Array(count), keys: new Float64Array(count) }
  for (let i = 0; i < count; i++) {
    from.codes[i] = first + i
    from.keys[i] = keyOf(d, first + i, shared)
  }
  for (let width = 1; width < count; width *= 2) {
    for (let begin = 0; begin < count; begin += 2 * width) {
      const middle = Math.min(begin + width, count)
      mergeRuns(d, from, to, begin, middle, Math.min(begin + 2 * width, count))
      if (begin % textsPerLook < 2 * width) await pause()
    }
    ;[from, to] = [to, from]
  }
  return from.codes
}

/** Bytes that all texts from one on begin with. */
function sharedBytes(d: Dictionary, first: number): number {
  const { bytes } = d
  const begin = beginOf(d, first)
  let shared = d.ends[first]! - begin
  for (let code = first + 1; code < d.count && shared > 0; code++) {
    const own = beginOf(d, code)
    shared = Math.min(shared, d.ends[code]! - own)
    for (let i = 0; i < shared; i++) if (bytes[own + i] !== bytes[begin + i]) shared = i
  }
  return shared
}

const keyBytes = 6

/** Six bytes as a number: those of two texts that differ order them. */
function keyOf(d: Dictionary, code: number, from: number): number {
  const begin = beginOf(d, code) + from
  const end = d.ends[code]!
  let key = 0
  for (let at = begin; at < begin + keyBytes; at++) key = key * 256 + (at < end ? d.bytes[at]! : 0)
  return key
}

type Keyed = { readonly codes: Int32Array; readonly keys: Float64Array }

function mergeRuns(d: Dictionary, from: Keyed, to: Keyed, begin: number, middle: number, end: number): void {
  const { codes, keys } = from
  let [left, right] = [begin, middle]
  for (let at = begin; at < end; at++) {
    const isLeft = right === end || (left < middle && !isAfter(d, codes, keys, left, right))
    const next = isLeft ? left++ : right++
    to.codes[at] = codes[next]!
    to.keys[at] = keys[next]!
  }
}

function isAfter(d: Dictionary, codes: Int32Array, keys: Float64Array, a: number, b: number): boolean {
  if (keys[a]! !== keys[b]!) return keys[a]! > keys[b]!
  return compareTexts(d, codes[a]!, codes[b]!) > 0
}
