import type { SummaryField } from '../sql/summaries.ts'
import type { Blocks } from './blocks.ts'
import { dictionaryBytes } from './dictionary.ts'
import { createKeys, type Keys, numberOfKey } from './keys.ts'
import type { FigureColumn, Need, RunColumn } from './needs.ts'
import { createNumbers, growNumbers, type NumberColumn } from './numbers.ts'
import { createRecords, type Records } from './records.ts'
import { createTexts, growTextColumn, type TextColumn } from './texts.ts'

export type Column = NumberColumn | TextColumn

/**
 * Runs of a project, numbered in the order in which they came; each column has a place for each. A run whose figures were read before its own
 * row is there already, but not `present`.
 */
export type RunTable = {
  readonly project: string
  readonly keys: Keys
  capacity: number
  /** Log position of the row that a run's columns are from; -1 while there is none. */
  versions: Float64Array
  present: Uint8Array
  presentCount: number
  readonly runs: TextColumn
  readonly columns: Map<string, LoadedColumn>
  readonly metrics: Map<string, MetricColumns>
  /** Those that are being loaded, maybe instead of others of that name with fewer figures, which serve until then. */
  readonly pending: Map<string, MetricColumns>
  /** Last run ids of the pages in which the table was read: where it is read again, piece by piece. */
  pages: readonly string[]
  readonly source: Source
  /** What was shown of runs lately. */
  readonly records: Records
}

/** What was read of a table of the store: all rows of these blocks; `look` counts the looks at its parts, to tell an old one from a new one. */
export type Source = { identity: string; read: Blocks; look: number }

export type LoadedColumn = {
  readonly need: RunColumn
  readonly column: Column
  /** Until then it is filled, and kept up to date, but not to be looked at. */
  loaded: Promise<void>
  usedMs: number
}

/** One metric's figures, all of one version of its summary. */
export type MetricColumns = {
  readonly metric: string
  versions: Float64Array
  readonly fields: ReadonlyMap<SummaryField, NumberColumn>
  /** Figures computed from points. */
  derived: Map<string, DerivedColumn>
  readonly source: Source
  loaded: Promise<void>
  usedMs: number
}

/** `versions`: the summary's version for which a figure holds; -1: none. */
export type DerivedColumn = { readonly column: NumberColumn; versions: Float64Array }

export function createRunTable(project: string, runs: number): RunTable {
  // Room for some more, so that a new run does not move all columns.
  const capacity = Math.ceil(1.1 * runs) + 1000
  return {
    project,
    keys: createKeys(runs),
    capacity,
    versions: new Float64Array(capacity).fill(-1),
    present: new Uint8Array(capacity),
    presentCount: 0,
    runs: createTexts(capacity),
    columns: new Map(),
    metrics: new Map(),
    pending: new Map(),
    records: createRecords(),
    pages: [],
    source: { identity: '', read: [], look: -1 },
  }
}

export function createMetricColumns(table: RunTable, metric: string, fields: Iterable<SummaryField>): MetricColumns {
  return {
    metric,
    versions: new Float64Array(table.capacity).fill(-1),
    fields: new Map([...fields].map((field) => [field, createNumbers(table.capacity)])),
    derived: new Map(),
    source: { identity: '', read: [], look: -1 },
    loaded: Promise.resolve(),
    usedMs: performance.now(),
  }
}

export function createColumn(table: RunTable, need: RunColumn): Column {
  if (need.of === 'run') return table.runs
  return need.kind === 'number' ? createNumbers(table.capacity) : createTexts(table.capacity)
}

/** The number of a run, with room for it in every column. */
export function rowOfKey(table: RunTable, low: number, high: number): number {
  const row = numberOfKey(table.keys, low, high)
  if (row >= table.capacity) grow(table, Math.ceil(1.25 * table.capacity))
  return row
}

function grow(table: RunTable, capacity: number): void {
  table.capacity = capacity
  table.versions = grownVersions(table.versions, capacity)
  const present = new Uint8Array(capacity)
  present.set(table.present)
  table.present = present
  growTextColumn(table.runs, capacity)
  for (const { column } of table.columns.values()) growColumn(column, capacity, table)
  for (const metric of [...table.metrics.values(), ...table.pending.values()]) {
    metric.versions = grownVersions(metric.versions, capacity)
    for (const column of metric.fields.values()) growNumbers(column, capacity)
    for (const derived of metric.derived.values()) {
      growNumbers(derived.column, capacity)
      derived.versions = grownVersions(derived.versions, capacity)
    }
  }
}

function growColumn(column: Column, capacity: number, table: RunTable): void {
  if (column === table.runs) return
  if (column.kind === 'number') growNumbers(column, capacity)
  else growTextColumn(column, capacity)
}

function grownVersions(versions: Float64Array, capacity: number): Float64Array {
  const grown = new Float64Array(capacity).fill(-1)
  grown.set(versions)
  return grown
}

/** The column of a need, if it is loaded. */
export function columnOf(table: RunTable, need: Need): Column | undefined {
  if (need.table === 'figures') return table.metrics.get(need.metric)?.fields.get(need.field)
  return need.of === 'run' ? table.runs : table.columns.get(need.id)?.column
}

/** The figures' column, which is loaded. */
export function figuresOf(table: RunTable, need: FigureColumn): NumberColumn {
  return table.metrics.get(need.metric)!.fields.get(need.field)!
}

/** Bytes of a run without any column but its id, about, and of one more column. */
export const bytesPerRun = 64
export const bytesPerValue = 12

export function tableBytes(table: RunTable): number {
  const own = table.capacity * 9 + table.keys.slots.byteLength * 2 + columnBytes(table.runs)
  const columns = [...table.columns.values()].filter(({ column }) => column !== table.runs)
  const metrics = [...table.metrics.values(), ...table.pending.values()]
  const sum = (sizes: readonly number[]) => sizes.reduce((all, size) => all + size, 0)
  return (
    own +
    table.records.bytes +
    sum(columns.map(({ column }) => columnBytes(column))) +
    sum(metrics.map((metric) => metricBytes(metric)))
  )
}

export function columnBytes(column: Column): number {
  return column.kind === 'number'
    ? column.values.byteLength
    : column.codes.byteLength + dictionaryBytes(column.dictionary)
}

export function metricBytes({ versions, fields, derived }: MetricColumns): number {
  return versions.byteLength * (1 + fields.size + 2 * derived.size)
}
