import type { Columns } from '../../schema/store.ts'
import { type Derived, derivedId, derivedIn, refuseManyPoints } from '../sql/derived-figures.ts'
import { numbers } from '../sql/read.ts'
import type { RunFilter } from '../sql/run-filter.ts'
import { eachStep } from './evaluate.ts'
import { keyAt } from './keys.ts'
import { maybe, yes } from './marks.ts'
import { figureColumn, needsOfDerived } from './needs.ts'
import { createNumbers, isAbsent, type NumberColumn, setAbsent } from './numbers.ts'
import type { Predicate } from './predicate.ts'
import { type DerivedColumn, figuresOf, type RunTable } from './table.ts'

/** Figures that were computed for one question: they count for it, even if the run has logged more meanwhile. */
export type Fresh = ReadonlyMap<string, ReadonlySet<number>>

/** Runs whose figure has to be computed from points: their numbers, and the versions of their summaries. */
export type Open = { readonly derived: Derived; readonly rows: readonly number[]; readonly versions: readonly number[] }

export function derivedOfFilter(filter: RunFilter): Derived[] {
  const nested = [...(filter.and ?? []), ...(filter.or ?? []), ...(filter.not ? [filter.not] : [])]
  const own = filter.metric ? derivedIn(filter.metric) : undefined
  return [...(own ? [own] : []), ...nested.flatMap(derivedOfFilter)]
}

/** The column of a figure, made when it is not there; its metric's summaries are. */
export function derivedColumn(table: RunTable, derived: Derived): DerivedColumn {
  const metric = table.metrics.get(derived.metric)!
  const id = derivedId(derived)
  const known = metric.derived.get(id)
  if (known) return known
  const made = { column: createNumbers(table.capacity), versions: new Float64Array(table.capacity).fill(-1) }
  metric.derived.set(id, made)
  return made
}

/** Whether a figure is known of a row. */
export function isKnown(table: RunTable, derived: Derived, fresh: Fresh): (row: number) => boolean {
  const { versions } = derivedColumn(table, derived)
  const now = table.metrics.get(derived.metric)!.versions
  const computed = fresh.get(derivedId(derived))
  return (row) => versions[row] === now[row] || computed?.has(row) === true
}

/** Marks the runs whose summaries say that they do not have the figure. */
export function settle(table: RunTable, derived: Derived): void {
  const { column, versions } = derivedColumn(table, derived)
  const now = table.metrics.get(derived.metric)!.versions
  const isOpen = openTest(table, derived)
  for (let row = 0; row < table.keys.count; row++) {
    if (versions[row] === now[row] || isOpen(row)) continue
    setAbsent(column, row)
    versions[row] = now[row]!
  }
}

function openTest(table: RunTable, derived: Derived): (row: number) => boolean {
  const [counts, extremes, others] = needsOfDerived(derived).map((need) => figuresOf(table, need))
  const there = (row: number) => !isAbsent(counts as NumberColumn, row)
  if (derived.field === 'MEAN_OF_LAST') return there
  const below = derived.field === 'FIRST_STEP_BELOW'
  const reached = (extreme: number) => (below ? extreme < derived.argument : extreme > derived.argument)
  return (row) => there(row) && (reached(extremes!.values[row]!) || others!.values[row]! > 0)
}

/**
 * What has to be computed before a filter and an order can be told: figures of the runs whose passing depends on them and, when all that is
 * known, of those that pass, for their place.
 */
export async function findOpen(
  table: RunTable,
  passes: Predicate,
  ofFilter: readonly Derived[],
  ofSort: Derived | undefined,
  fresh: Fresh,
): Promise<Open[]> {
  const gathered = new Map<string, { derived: Derived; rows: number[]; versions: number[] }>()
  const gatherers = (list: readonly Derived[]) =>
    list.map((derived) => ({ derived, known: isKnown(table, derived, fresh) }))
  async function gather(mark: number, list: readonly Derived[]): Promise<void> {
    const each = gatherers(list)
    await eachStep(table, passes, (first, out) => {
      for (let i = 0; i < out.length; i++) {
        if (out[i] !== mark || table.present[first + i] === 0) continue
        for (const { derived, known } of each) if (!known(first + i)) add(derived, first + i)
      }
    })
  }
  function add(derived: Derived, row: number): void {
    const id = derivedId(derived)
    const open = gathered.get(id) ?? { derived, rows: [], versions: [] }
    gathered.set(id, open)
    open.rows.push(row)
    open.versions.push(table.metrics.get(derived.metric)!.versions[row]!)
  }
  await gather(maybe, [...new Map(ofFilter.map((derived) => [derivedId(derived), derived])).values()])
  if (gathered.size === 0 && ofSort) await gather(yes, [ofSort])
  return [...gathered.values()]
}

/** @throws TOO_COSTLY */
export function refuseOpen(table: RunTable, open: readonly Open[]): void {
  const points = open.map(({ derived, rows }) => {
    const counts = figuresOf(table, figureColumn(derived.metric, 'COUNT'))
    return rows.reduce((sum, row) => sum + counts.values[row]!, 0)
  })
  refuseManyPoints(points.reduce((sum, each) => sum + each, 0))
}

export const keysOf = (table: RunTable, rows: readonly number[]): bigint[] => rows.map((row) => keyAt(table.keys, row))

/** Writes what was computed; runs without points have no such figure. */
export function putDerived(
  table: RunTable,
  open: Open,
  answers: readonly Columns[],
  fresh: Map<string, Set<number>>,
): void {
  if (!table.metrics.has(open.derived.metric)) return
  const { column, versions } = derivedColumn(table, open.derived)
  const found = new Map<bigint, number>()
  for (const answer of answers) {
    const keys = answer.columns.get('run_key') as BigUint64Array | undefined
    const has = answer.columns.get('has') as Uint8Array | undefined
    const values = numbers(answer, 'figure')
    for (let i = 0; i < answer.rows; i++) if (has![i] === 1) found.set(keys![i]!, values[i]!)
  }
  const id = derivedId(open.derived)
  const computed = fresh.get(id) ?? new Set()
  fresh.set(id, computed)
  open.rows.forEach((row, i) => {
    const value = found.get(keyAt(table.keys, row))
    if (value === undefined) setAbsent(column, row)
    else column.values[row] = value
    versions[row] = open.versions[i]!
    computed.add(row)
  })
}
