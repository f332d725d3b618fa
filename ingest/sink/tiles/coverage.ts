import type { Columns, Parameters, StoreReader } from '../../../schema/store.ts'
import { disjointSeals, epochOffsets, type LateRange, type Seal } from '../../../schema/tiles.ts'
import { lateOf, sealsOf } from './statements.ts'

export type Coverage = {
  /** Ascending, none over another. */
  readonly seals: readonly Seal[]
  readonly late: readonly LateRange[]
}

/** What is sealed of a series, and which ranges of it may have points that the tiles do not hold. */
export async function readCoverage(reader: StoreReader, series: Parameters): Promise<Coverage> {
  const seals = disjointSeals(sealRows(await reader.columns(sealsOf, series)))
  if (seals.length === 0) return { seals, late: [] }
  const version = Math.min(...seals.map((seal) => seal.version))
  const epoch = Math.floor(version / epochOffsets)
  const late = await reader.columns(lateOf, { ...series, version, epoch })
  return { seals, late: rangeRows(late) }
}

function sealRows(answer: Columns): Seal[] {
  const widths = numbers(answer, 'widths')
  return rangeRows(answer).map((range, row) => ({ ...range, width: widths[row]! }))
}

function rangeRows(answer: Columns): LateRange[] {
  const [first, last, version] = [numbers(answer, 'firsts'), numbers(answer, 'lasts'), numbers(answer, 'versions')]
  return first.map((step, row) => ({ first: step, last: last[row]!, version: version[row]! }))
}

function numbers({ columns }: Columns, name: string): number[] {
  return Array.from((columns.get(name) ?? []) as BigInt64Array, Number)
}
