import type { Cursor } from '../sql/run-order.ts'
import { compareCodes, textAt } from './dictionary.ts'
import { type NumberColumn, rankOfNumber } from './numbers.ts'
import { createPace } from './pace.ts'
import { rankOfText, ranksOf, rankTexts } from './ranks.ts'
import type { Column, RunTable } from './table.ts'
import type { TextColumn } from './texts.ts'

/** Runs in the order that `sql/run-order.ts` describes: by rank, then by key and run id in one direction. */
export type RunOrder = {
  /** Negative when row a comes before row b. */
  compare(a: number, b: number): number
  /** The same of rows and one place. */
  toPlace(place: Cursor): (row: number) => number
  placeOf(row: number): Cursor
  /**
   * Moves to the front those of the first `count` rows that may come before a row (behind it, with `fromEnd`), and answers how many: all that
   * do, and some that do not.
   */
  narrow(rows: Int32Array, count: number, row: number, fromEnd: boolean): number
}

/** Has to be done before an order is made: texts are compared by their ranks. */
export async function rankColumn(table: RunTable, column: Column): Promise<void> {
  const pause = createPace()
  await rankTexts(table.runs.dictionary, pause)
  if (column.kind === 'text') await rankTexts(column.dictionary, pause)
}

export function orderOf(table: RunTable, column: Column, descending: boolean): RunOrder {
  const sign = descending ? -1 : 1
  return column.kind === 'number' ? numberOrder(table, column, sign) : textOrder(table, column, sign)
}

function runOrder({ runs }: RunTable, sign: 1 | -1) {
  const { codes, dictionary } = runs
  return {
    compare: (a: number, b: number) => sign * compareCodes(dictionary, codes[a]!, codes[b]!),
    toPlace: (run: string) => toText(runs, run, sign),
    idOf: (row: number) => textAt(dictionary, codes[row]!),
  }
}

/** Where rows that have a text lie to one. */
function toText({ codes, dictionary }: TextColumn, text: string, sign: 1 | -1): (row: number) => number {
  const { rank, isThere } = rankOfText(dictionary, Buffer.from(text))
  const ranks = ranksOf(dictionary)
  return (row) => {
    const own = ranks ? ranks[codes[row]!]! : codes[row]!
    if (own === rank && isThere) return 0
    return own < rank ? -sign : sign
  }
}

function numberOrder(table: RunTable, column: NumberColumn, sign: 1 | -1): RunOrder {
  const { values } = column
  const runs = runOrder(table, sign)
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
      return runs.compare(a, b)
    },
    toPlace(place) {
      const toRun = runs.toPlace(place.run)
      return (row) => {
        const ranks = rank(row) - place.rank
        if (ranks !== 0) return ranks
        const difference = place.rank === 0 ? values[row]! - (place.key as number) : 0
        // Two infinities of one sign differ by NaN.
        if (difference < 0) return -sign
        return difference > 0 ? sign : toRun(row)
      }
    },
    placeOf(row) {
      return { rank: rank(row), key: rank(row) === 0 ? values[row]! : 0, run: runs.idOf(row) }
    },
    narrow(rows, count, row, fromEnd) {
      const bound = sign * values[row]!
      // Those without a number are the last: all may come before such a one, and from the end they come before others.
      if (Number.isNaN(bound) && !fromEnd) return count
      let kept = 0
      for (let i = 0; i < count; i++) {
        const own = sign * values[rows[i]!]!
        rows[kept] = rows[i]!
        kept += fromEnd ? Number(!(own < bound)) : Number(own <= bound)
      }
      return kept
    },
  }
}

function textOrder(table: RunTable, column: TextColumn, sign: 1 | -1): RunOrder {
  const { codes, dictionary } = column
  const runs = runOrder(table, sign)
  const ranks = ranksOf(dictionary)
  const rankOf = (code: number) => (ranks ? ranks[code]! : code)
  return {
    compare(a, b) {
      const [x, y] = [codes[a]!, codes[b]!]
      if (x === y) return runs.compare(a, b)
      if (x < 0 || y < 0) return x < 0 ? 1 : -1
      return sign * (rankOf(x) - rankOf(y))
    },
    toPlace(place) {
      const toRun = runs.toPlace(place.run)
      const toKey = place.rank === 0 ? toText(column, place.key as string, sign) : () => 0
      return (row) => (codes[row]! < 0 ? 2 : 0) - place.rank || toKey(row) || toRun(row)
    },
    placeOf(row) {
      const code = codes[row]!
      return { rank: code < 0 ? 2 : 0, key: code < 0 ? '' : textAt(dictionary, code), run: runs.idOf(row) }
    },
    narrow(rows, count, row, fromEnd) {
      const hasText = codes[row]! >= 0
      if (!hasText && !fromEnd) return count
      const bound = hasText ? sign * rankOf(codes[row]!) : Number.POSITIVE_INFINITY
      let kept = 0
      for (let i = 0; i < count; i++) {
        const code = codes[rows[i]!]!
        rows[kept] = rows[i]!
        if (code < 0) kept += Number(fromEnd)
        else kept += Number(fromEnd ? sign * rankOf(code) >= bound : sign * rankOf(code) <= bound)
      }
      return kept
    },
  }
}
