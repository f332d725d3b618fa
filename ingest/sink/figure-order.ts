import type { CodedTexts } from '../store/native-block.ts'

/**
 * The order of rows of `metric_figures` in its primary key, from rows run by run: the engine takes three times as long to sort them as to
 * store them, and knows less of how they lie.
 */

/** Columns of the rows: runs one after the other, keys by 32-bit halves, the lower one first. */
export type KeyColumns = {
  /** An entry may be there twice. */
  readonly projects: Pick<CodedTexts, 'dictionary' | 'data'>
  readonly runKeys: Uint32Array
  readonly metricKeys: Uint32Array
}

/** Rows by (project, metric key, run key): the n-th of the result is the row that comes n-th. */
export function orderByMetric({ projects, runKeys, metricKeys }: KeyColumns): Int32Array {
  const order = new Int32Array(projects.data.length)
  const runs = runsInOrder(projects, runKeys)
  for (let first = 0, place = 0; first < runs.length; ) {
    let end = first + 1
    while (end < runs.length && runs[end]!.project === runs[first]!.project) end++
    place += placeRuns(runs.slice(first, end), metricKeys, order.subarray(place))
    first = end
  }
  return order
}

type RunRows = {
  readonly project: string
  readonly key: bigint
  readonly first: number
  readonly end: number
}

function runsInOrder(projects: KeyColumns['projects'], keys: Uint32Array): RunRows[] {
  const runs: RunRows[] = []
  const { data, dictionary } = projects
  for (let first = 0; first < data.length; ) {
    const [project, low, high] = [data[first]!, keys[2 * first]!, keys[2 * first + 1]!]
    let end = first + 1
    while (end < data.length && keys[2 * end] === low && keys[2 * end + 1] === high && data[end] === project) end++
    runs.push({ project: dictionary[project]!, key: keyAt(keys, first), first, end })
    first = end
  }
  return runs.sort((a, b) => {
    if (a.project !== b.project) return a.project < b.project ? -1 : 1
    return a.key < b.key ? -1 : 1
  })
}

/** Rows of the runs of one project, by metric and in it by run: how many there are of each metric says where its rows begin. */
function placeRuns(runs: readonly RunRows[], metricKeys: Uint32Array, order: Int32Array): number {
  const rows = runs.reduce((sum, { first, end }) => sum + end - first, 0)
  const numbers = new Int32Array(rows)
  const metrics = createNumbering()
  let before = { first: 0, end: 0, at: 0 }
  let at = 0
  for (const { first, end } of runs) {
    const begin = at
    for (let row = first; row < end; row++, at++) {
      // Mostly a run has the metrics of the one before in the same order.
      const other = before.first + row - first
      const isSame =
        other < before.end &&
        metricKeys[2 * other] === metricKeys[2 * row] &&
        metricKeys[2 * other + 1] === metricKeys[2 * row + 1]
      const number = isSame ? numbers[before.at + row - first]! : metrics.numberOf(keyAt(metricKeys, row))
      numbers[at] = number
      metrics.counts[number]!++
    }
    before = { first, end, at: begin }
  }
  const next = metrics.places()
  at = 0
  for (const { first, end } of runs) for (let row = first; row < end; row++) order[next[numbers[at++]!]!++] = row
  return rows
}

const keyAt = (keys: Uint32Array, row: number): bigint => (BigInt(keys[2 * row + 1]!) << 32n) | BigInt(keys[2 * row]!)

/** Metrics as numbers, and how many rows each has. */
function createNumbering() {
  const known = new Map<bigint, number>()
  const counts: number[] = []
  return {
    counts,
    numberOf(key: bigint): number {
      let number = known.get(key)
      if (number === undefined) {
        number = counts.push(0) - 1
        known.set(key, number)
      }
      return number
    },
    /** Where the rows of each begin, when metrics follow by key. */
    places(): Int32Array {
      const places = new Int32Array(counts.length)
      let place = 0
      for (const [, number] of [...known].sort(([a], [b]) => (a < b ? -1 : 1))) {
        places[number] = place
        place += counts[number]!
      }
      return places
    },
  }
}
