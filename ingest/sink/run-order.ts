import type { RunsOfBatch } from './pieces.ts'

/** Highest number that has room beside 32 bits of a key in the 53 bits of a float64. */
const numbersBesideKeys = 2 ** 21

type Keys = Pick<RunsOfBatch, 'keys' | 'length'>

/** Runs of several batches, numbered one batch after the other. */
export type JoinedRuns = Keys & {
  /** Number of each batch's first run. */
  readonly firsts: readonly number[]
  /** Which batch a run is of. */
  part(run: number): number
}

export function joinRuns(parts: readonly Keys[]): JoinedRuns {
  if (parts.length === 1) return { keys: parts[0]!.keys, length: parts[0]!.length, firsts: [0], part: () => 0 }
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const keys = new BigUint64Array(length)
  const owners = new Uint32Array(length)
  const firsts: number[] = []
  let first = 0
  for (const [number, part] of parts.entries()) {
    keys.set(part.keys.subarray(0, part.length), first)
    owners.fill(number, first, first + part.length)
    firsts.push(first)
    first += part.length
  }
  return { keys, length, firsts, part: (run) => owners[run]! }
}

/** Runs by ascending key: numbers sort by themselves far faster than with a function that compares. */
export function runsByKey({ keys, length }: Keys): Float64Array | number[] {
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
