import type { RunFilter } from '../sql/run-filter.ts'
import { beginOf, type Dictionary, findText, type Matches } from './dictionary.ts'
import { yes } from './marks.ts'

type TextCondition = NonNullable<RunFilter['name']>

/** Conditions of one dictionary whose matches are kept, a byte a text each. */
const conditionsKept = 4

/**
 * Which texts of a dictionary pass a condition: `yes` or `no` at number + 1, `no` at 0. Each text is looked at once, however many runs have it
 * and however often it is asked: texts never change, they become more.
 */
export function matchingTexts(d: Dictionary, c: TextCondition): Uint8Array {
  const key = JSON.stringify([c.is, c.in, c.contains, c.startsWith])
  const known = d.matches.get(key) ?? { marks: new Uint8Array(0), count: 0 }
  // The one asked last stands last.
  d.matches.delete(key)
  d.matches.set(key, known)
  if (d.matches.size > conditionsKept) d.matches.delete(d.matches.keys().next().value!)
  lookAtNew(d, c, known)
  return known.marks
}

function lookAtNew(d: Dictionary, c: TextCondition, known: Matches): void {
  if (known.marks.length <= d.count) {
    const marks = new Uint8Array(d.ends.length + 1)
    marks.set(known.marks)
    known.marks = marks
  }
  const { marks, count: from } = known
  if (from === d.count) return
  marks.fill(yes, from + 1, d.count + 1)
  if (typeof c.is === 'string') keepThese(d, [c.is], marks, from)
  if (c.in) keepThese(d, c.in, marks, from)
  if (typeof c.contains === 'string' && c.contains !== '') keepContaining(d, Buffer.from(c.contains), marks, from)
  if (typeof c.startsWith === 'string') keepBeginning(d, Buffer.from(c.startsWith), marks, from)
  known.count = d.count
}

function keepThese(d: Dictionary, wanted: readonly string[], marks: Uint8Array, from: number): void {
  const kept = wanted.map((text) => findText(d, text)).filter((code) => code >= from && marks[code + 1] === yes)
  marks.fill(0, from + 1, d.count + 1)
  for (const code of kept) marks[code + 1] = yes
}

/** One search through the bytes of all texts; what lies across two of them does not count. */
function keepContaining(d: Dictionary, part: Buffer, marks: Uint8Array, from: number): void {
  const end = d.ends[d.count - 1]!
  let code = from
  for (let at = d.bytes.indexOf(part, beginOf(d, from)); at !== -1 && at < end; ) {
    const found = textAround(d, at, code)
    const inside = at + part.length <= d.ends[found]!
    marks.fill(0, code + 1, found + 1)
    code = inside ? found + 1 : found
    at = d.bytes.indexOf(part, inside ? d.ends[found]! : at + 1)
  }
  marks.fill(0, code + 1, d.count + 1)
}

/** The text that has the byte at a place, at or behind a text before it. */
function textAround(d: Dictionary, at: number, from: number): number {
  let low = from
  let high = d.count - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (d.ends[middle]! > at) high = middle
    else low = middle + 1
  }
  return low
}

function keepBeginning({ bytes, ends, count }: Dictionary, part: Buffer, marks: Uint8Array, from: number): void {
  const { length } = part
  for (let code = from; code < count; code++) {
    const begin = code === 0 ? 0 : ends[code - 1]!
    let same = 0
    if (ends[code]! - begin >= length) while (same < length && bytes[begin + same] === part[same]) same++
    if (same < length) marks[code + 1] = 0
  }
}
