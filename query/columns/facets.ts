import { binsOf, facetBins } from '../sql/facets.ts'
import { compareCodes, textAt } from './dictionary.ts'
import { eachPassing } from './evaluate.ts'
import { createFirst } from './first.ts'
import { isAbsent, type NumberColumn } from './numbers.ts'
import { createPace } from './pace.ts'
import type { Predicate } from './predicate.ts'
import type { RunTable } from './table.ts'
import type { TextColumn } from './texts.ts'

export type FacetFigures = {
  readonly passing: number
  readonly having: number
  readonly distinct: number
  readonly values: readonly { readonly text: string; readonly runs: number }[]
}

export type FacetRange = {
  /** Runs whose value is a number, and those where it is finite. */
  readonly numeric: number
  readonly finite: number
  readonly lowest: number
  readonly highest: number
  readonly width: number
  readonly counts: Float64Array
}

/** Texts counted between two looks at the clock. */
const codesPerLook = 8_192

/** The most frequent texts of a column over the runs that pass. */
export async function countTexts(
  table: RunTable,
  passes: Predicate,
  column: TextColumn,
  rows: number,
): Promise<FacetFigures> {
  const { codes, dictionary } = column
  const counts = new Uint32Array(dictionary.count)
  let [passing, having] = [0, 0]
  await eachPassing(table, passes, (found, count) => {
    passing += count
    for (let i = 0; i < count; i++) {
      const code = codes[found[i]!]!
      if (code < 0) continue
      having++
      counts[code]!++
    }
  })
  const distinct = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0)
  const values = await mostFrequent(counts, rows, (a, b) => compareCodes(dictionary, a, b))
  return {
    ...{ passing, having, distinct },
    values: values.map((code) => ({ text: textAt(dictionary, code), runs: counts[code]! })),
  }
}

async function mostFrequent(
  counts: Uint32Array,
  rows: number,
  compare: (a: number, b: number) => number,
): Promise<number[]> {
  const pause = createPace()
  const first = createFirst(rows, (a, b) => counts[b]! - counts[a]! || compare(a, b))
  for (let code = 0; code < counts.length; code++) {
    if (counts[code]! > 0 && !(first.isFull() && counts[code]! < counts[first.last()]!)) first.add(code)
    if (code % codesPerLook === 0) await pause()
  }
  return first.rows()
}

/** Range and histogram of a column's numbers over the runs that pass. */
export async function countNumbers(table: RunTable, passes: Predicate, column: NumberColumn): Promise<FacetRange> {
  let [numeric, finite, lowest, highest] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const { values } = column
  await eachPassing(table, passes, (found, count) => {
    for (let i = 0; i < count; i++) {
      const value = values[found[i]!]!
      if (!isAbsent(column, found[i]!)) numeric++
      if (!Number.isFinite(value)) continue
      finite++
      if (value < lowest) lowest = value
      if (value > highest) highest = value
    }
  })
  const { width, counts } = binsOf(finite, lowest, highest)
  if (width > 0)
    await eachPassing(table, passes, (found, count) => {
      for (let i = 0; i < count; i++) {
        const value = values[found[i]!]!
        if (Number.isFinite(value)) counts[Math.min(Math.floor((value - lowest) / width), facetBins - 1)]!++
      }
    })
  return { numeric, finite, lowest, highest, width, counts }
}
