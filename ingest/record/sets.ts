import { type Input, takeBytes, takeText, takeVarint } from '../bytes.ts'
import type { MetricSet } from './record.ts'

/** Maps a metric set to the caller's one object for that list of names; it gets the set's bytes as its key. */
export type Intern = (key: string, names: () => string[]) => MetricSet

export function takeSet(input: Input, intern: Intern): MetricSet {
  const start = input.at
  const count = takeVarint(input)
  for (let i = 0; i < count; i++) takeBytes(input, takeVarint(input))
  const end = input.at
  return intern(input.bytes.toString('latin1', start, end), () => {
    const again: Input = { bytes: input.bytes, at: start }
    return Array.from({ length: takeVarint(again) }, () => takeText(again))
  })
}

/** What the record has defined under `index`, or at 0 what it defines now. */
export function definedOr<T>(known: T[], index: number, define: () => T): T {
  if (index > 0) return defined(known, index)
  const fresh = define()
  known.push(fresh)
  return fresh
}

export function defined<T>(known: readonly T[], index: number): T {
  // A value beyond the end is undefined, and reading there is slow.
  if (index > known.length) throw new RangeError('record refers to a definition it does not have')
  return known[index - 1]!
}
