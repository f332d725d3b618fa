import type { RunsOfBatch } from './pieces.ts'

/** Highest number that has room beside 32 bits of a key in the 53 bits of a float64. */
const numbersBesideKeys = 2 ** 21

/** The batch's runs by ascending key: numbers sort by themselves far faster than with a function that compares. */
export function runsByKey({ keys, length }: RunsOfBatch): Float64Array | number[] {
  const compare = (a: number, b: number) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0)
  if (length > numbersBesideKeys) return Array.from({ length }, (_, run) => run).sort(compare)
  const halves = new Uint32Array(keys.buffer)
  const sorted = new Float64Array(length)
  for (let run = 0; run < length; run++) sorted[run] = halves[2 * run + 1]! * numbersBesideKeys + run
  sorted.sort()
  for (let i = 0; i < length; i++) {
    const run = sorted[i]! % numbersBesideKeys
    // The few whose upper half is the same as another's.
    let place = i
    while (place > 0 && compare(sorted[place - 1]!, run) > 0) {
      sorted[place] = sorted[place - 1]!
      place--
    }
    sorted[place] = run
  }
  return sorted
}
