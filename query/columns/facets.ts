import { binWidth, facetBins } from '../sql/facets.ts'
import { compareCodes, textAt } from './dictionary.ts'
import { eachPassing } from './evaluate.ts'
import type { Predicate } from './filter.ts'
import { isAbsent, type NumberColumn } from './numbers.ts'
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
  const values = mostFrequent(counts, rows, (a, b) => compareCodes(dictionary, a, b))
  return {
    ...{ passing, having, distinct },
    values: values.map((code) => ({ text: textAt(dictionary, code), runs: counts[code]! })),
  }
}

function mostFrequent(counts: Uint32Array, rows: number, compare: (a: number, b: number) => number): number[] {
  // How often the last of them is there, at least: found by counting counts, so that few are put in order.
  const sorted = counts.slice().sort()
  const least = Math.max(1, sorted[Math.max(0, sorted.length - rows)] ?? 1)
  const more: number[] = []
  let last: number[] = []
  for (let code = 0; code < counts.length; code++) {
    if (counts[code]! > least) more.push(code)
    else if (counts[code] === least) {
      last.push(code)
      if (last.length >= 2 * rows + 1000) last = last.sort(compare).slice(0, rows)
    }
  }
  const all = [...more, ...last.sort(compare).slice(0, rows)]
  return all.sort((a, b) => counts[b]! - counts[a]! || compare(a, b)).slice(0, rows)
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
  const width = finite === 0 ? 0 : binWidth(lowest, highest)
  const counts = new Float64Array(finite === 0 ? 0 : width === 0 ? 1 : facetBins)
  if (width === 0) counts.fill(finite)
  else
    await eachPassing(table, passes, (found, count) => {
      for (let i = 0; i < count; i++) {
        const value = values[found[i]!]!
        if (Number.isFinite(value)) counts[Math.min(Math.floor((value - lowest) / width), facetBins - 1)]!++
      }
    })
  return { numeric, finite, lowest, highest, width, counts }
}
