import type { Cursor } from '../sql/run-order.ts'
import { compareCodes, compareToText, orderTexts, textAt } from './dictionary.ts'
import { rankOfNumber } from './numbers.ts'
import type { Column, RunTable } from './table.ts'

/** Runs in the order that `sql/run-order.ts` describes: by rank, then by key and run id in one direction. */
export type RunOrder = {
  /** Negative when row a comes before row b. */
  compare(a: number, b: number): number
  compareToPlace(row: number, place: Place): number
  placeOf(row: number): Cursor
  /** False when a row is certain to come behind another; cheap, and true in doubt. */
  mayComeBefore(row: number, other: number): boolean
}
/** A cursor with its texts as bytes. */
export type Place = Cursor & { readonly keyBytes: Buffer; readonly runBytes: Buffer }

export function bytesOfPlace(place: Cursor): Place {
  const key = typeof place.key === 'string' ? place.key : ''
  return { ...place, keyBytes: Buffer.from(key), runBytes: Buffer.from(place.run) }
}

export function orderOf(table: RunTable, column: Column, descending: boolean): RunOrder {
  const sign = descending ? -1 : 1
  const runs = table.runs
  const byRun = (a: number, b: number) => sign * compareCodes(runs.dictionary, runs.codes[a]!, runs.codes[b]!)
  const runToPlace = (row: number, place: Place) =>
    sign * compareToText(runs.dictionary, runs.codes[row]!, place.runBytes)
  const runOf = (row: number) => textAt(runs.dictionary, runs.codes[row]!)

  if (column.kind === 'number') {
    const { values } = column
    const rank = (row: number) => rankOfNumber(column, row)
    return {
      compare(a, b) {
        const [x, y] = [values[a]!, values[b]!]
        if (x < y) return -sign
        if (x > y) return sign
        if (x !== y) {
          const ranks = rank(a) - rank(b)
          if (ranks !== 0) return ranks
        }
        return byRun(a, b)
      },
      compareToPlace(row, place) {
        const ranks = rank(row) - place.rank
        if (ranks !== 0) return ranks
        const difference = place.rank === 0 ? values[row]! - (place.key as number) : 0
        // Two infinities of one sign differ by NaN.
        if (difference < 0) return -sign
        return difference > 0 ? sign : runToPlace(row, place)
      },
      placeOf(row) {
        return { rank: rank(row), key: rank(row) === 0 ? values[row]! : 0, run: runOf(row) }
      },
      mayComeBefore: descending
        ? (row, other) => !(values[row]! < values[other]!)
        : (row, other) => !(values[row]! > values[other]!),
    }
  }

  const { codes, dictionary } = column
  orderTexts(dictionary)
  return {
    compare(a, b) {
      const [x, y] = [codes[a]!, codes[b]!]
      if (x === y) return byRun(a, b)
      if (x < 0 || y < 0) return x < 0 ? 1 : -1
      return sign * compareCodes(dictionary, x, y)
    },
    compareToPlace(row, place) {
      const code = codes[row]!
      const ranks = (code < 0 ? 2 : 0) - place.rank
      if (ranks !== 0) return ranks
      return (code < 0 ? 0 : sign * compareToText(dictionary, code, place.keyBytes)) || runToPlace(row, place)
    },
    placeOf(row) {
      const code = codes[row]!
      return { rank: code < 0 ? 2 : 0, key: code < 0 ? '' : textAt(dictionary, code), run: runOf(row) }
    },
    mayComeBefore: () => true,
  }
}

/** Keeps the first `size` rows of an order, of all that it is shown: a heap with the last of them on top. */
export function createFirst(size: number, compare: (a: number, b: number) => number) {
  const heap = new Int32Array(size + 1)
  let count = 0

  function rise(at: number): void {
    let child = at
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (compare(heap[child]!, heap[parent]!) <= 0) return
      swap(child, parent)
      child = parent
    }
  }
  function sink(): void {
    let parent = 0
    for (;;) {
      let child = 2 * parent + 1
      if (child >= count) return
      if (child + 1 < count && compare(heap[child + 1]!, heap[child]!) > 0) child++
      if (compare(heap[child]!, heap[parent]!) <= 0) return
      swap(child, parent)
      parent = child
    }
  }
  function swap(a: number, b: number): void {
    const row = heap[a]!
    heap[a] = heap[b]!
    heap[b] = row
  }

  return {
    isFull: () => count === size,
    /** The last of those kept. */
    last: () => heap[0]!,
    add(row: number): void {
      if (count < size) {
        heap[count++] = row
        rise(count - 1)
      } else if (compare(row, heap[0]!) < 0) {
        heap[0] = row
        sink()
      }
    },
    rows: () => [...heap.subarray(0, count)].sort(compare),
  }
}
