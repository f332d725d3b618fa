import type { RunFilter } from '../sql/run-filter.ts'
import { beginOf, type Dictionary, findText } from './dictionary.ts'

type TextCondition = NonNullable<RunFilter['name']>

/** Which texts of a dictionary pass a condition: 1 for each that does. Looked at once for each text, however many rows have it. */
export function matchingTexts(d: Dictionary, c: TextCondition): Uint8Array {
  const matches = new Uint8Array(d.count).fill(1)
  if (typeof c.is === 'string') only(matches, codesOf(d, [c.is]))
  if (c.in) only(matches, codesOf(d, c.in))
  if (typeof c.contains === 'string') only(matches, containing(d, Buffer.from(c.contains)))
  if (typeof c.startsWith === 'string') keepBeginning(d, Buffer.from(c.startsWith), matches)
  return matches
}

function codesOf(d: Dictionary, wanted: readonly string[]): Uint8Array {
  const found = new Uint8Array(d.count)
  for (const text of wanted) {
    const code = findText(d, text)
    if (code !== -1) found[code] = 1
  }
  return found
}

function only(matches: Uint8Array, others: Uint8Array): void {
  for (let code = 0; code < matches.length; code++) matches[code]! &= others[code]!
}

/** One search through the bytes of all texts; what lies across two of them does not count. */
function containing(d: Dictionary, part: Buffer): Uint8Array {
  const found = new Uint8Array(d.count)
  if (part.length === 0) return found.fill(1)
  if (d.count === 0) return found
  const end = d.ends[d.count - 1]!
  let code = 0
  for (let at = d.bytes.indexOf(part); at !== -1 && at < end; ) {
    code = textAround(d, at, code)
    const inside = at + part.length <= d.ends[code]!
    if (inside) found[code] = 1
    at = d.bytes.indexOf(part, inside ? d.ends[code]! : at + 1)
  }
  return found
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

function keepBeginning(d: Dictionary, begin: Buffer, matches: Uint8Array): void {
  for (let code = 0; code < d.count; code++) {
    const first = beginOf(d, code)
    if (d.ends[code]! - first < begin.length) {
      matches[code] = 0
      continue
    }
    for (let i = 0; i < begin.length; i++) {
      if (d.bytes[first + i] === begin[i]) continue
      matches[code] = 0
      break
    }
  }
}
