import type { BlockColumn } from '../store/native-block.ts'
import type { TableRows } from './rows.ts'
import type { Run, SeriesList } from './runs.ts'
import { fieldOf, type SeriesTable, type SummaryField } from './series-table.ts'
import { settle } from './set-series.ts'

/** Summaries as rows of `series`, run by run, copied: they go on changing. The counterpart of `load.ts`. */
export type SeriesRows = {
  /** The changed series of a run as they are now; `version` is the log offset up to which they go. */
  add(table: SeriesTable, run: Run, version: number): void
  rows(): number
  /** What was added since the last time, in memory that is used again: it must be in the store before more is added. */
  take(): TableRows
}

const keys = ['run_key', 'metric_key', 'version'] as const

/** Whole numbers within 2^53. */
const integers = {
  count: ['UInt64', 'count'],
  first_step: ['Int64', 'firstStep'],
  last_step: ['Int64', 'lastStep'],
  last_time: ["DateTime64(3, 'UTC')", 'lastTime'],
  min_step: ['Int64', 'minStep'],
  max_step: ['Int64', 'maxStep'],
  nan_count: ['UInt64', 'nan'],
  positive_infinity_count: ['UInt64', 'positiveInfinity'],
  negative_infinity_count: ['UInt64', 'negativeInfinity'],
  disorder: ['UInt64', 'disorder'],
} as const satisfies Record<string, readonly ['UInt64' | 'Int64' | "DateTime64(3, 'UTC')", SummaryField]>

const integerNames = Object.keys(integers) as (keyof typeof integers)[]

const floats = ['last', 'min', 'max'] as const

type Memory = {
  readonly capacity: number
  /** Of the rows, and whether the series has had finite values only. */
  readonly slots: Int32Array
  readonly allFinite: Uint8Array
  /** Texts as numbers of entries of a dictionary. */
  readonly project: Uint32Array
  readonly run: Uint32Array
  readonly metric: Uint32Array
  readonly keys: Readonly<Record<(typeof keys)[number], BigUint64Array>>
  /** By halves, the low one first: a BigInt for each would cost ten times as much. */
  readonly integers: Readonly<Record<keyof typeof integers | 'first_nonfinite_step', Int32Array>>
  readonly floats: Readonly<Record<(typeof floats)[number], Float64Array>>
}

/** Entries of the columns of texts, of which the first is the empty text. */
type Texts = {
  readonly projects: string[]
  readonly runs: string[]
  readonly metrics: string[]
  /** Where the names of a list begin among the metrics: most runs share theirs. */
  readonly lists: Map<SeriesList, number>
}

export function createSeriesRows(): SeriesRows {
  let memory = createMemory(1024)
  let texts = createTexts()
  let rows = 0
  return {
    rows: () => rows,
    add(table, run, version) {
      const { list, slots, sets } = run
      for (const series of sets.values()) settle(table, series)
      if (rows + slots.length > memory.capacity) memory = withRoom(memory, rows + slots.length)
      const first = rows
      const place = placeOf(texts, list)
      for (let index = 0; index < slots.length; index++) {
        const slot = slots[index]!
        if (table.changed[slot] === 0) continue
        memory.metric[rows] = place + index
        memory.keys.metric_key[rows] = list.keys[index]!
        memory.slots[rows++] = slot
      }
      if (rows === first) return
      if (texts.projects.at(-1) !== run.project || texts.projects.length === 1) texts.projects.push(run.project)
      memory.project.fill(texts.projects.length - 1, first, rows)
      memory.run.fill(texts.runs.push(run.run) - 1, first, rows)
      memory.keys.run_key.fill(run.key, first, rows)
      memory.keys.version.fill(BigInt(version), first, rows)
      putSummaries(memory, table, first, rows)
    },
    take() {
      const taken = { table: 'series', rows, columns: columnsOf(memory, texts, rows) }
      texts = createTexts()
      rows = 0
      return taken
    },
  }
}

/** The changed series of some runs. */
export function seriesRows(table: SeriesTable, runs: readonly Run[], version: number): TableRows {
  const rows = createSeriesRows()
  for (const run of runs) rows.add(table, run, version)
  return rows.take()
}

const createTexts = (): Texts => ({ projects: [''], runs: [''], metrics: [''], lists: new Map() })

function placeOf({ lists, metrics }: Texts, list: SeriesList): number {
  let place = lists.get(list)
  if (place === undefined) {
    place = metrics.length
    lists.set(list, place)
    for (const name of list.names) metrics.push(name)
  }
  return place
}

/** Of one run, whose summaries stay in the processor's cache from column to column. */
function putSummaries(memory: Memory, table: SeriesTable, first: number, end: number): void {
  const { slots, allFinite } = memory
  for (const name of integerNames) {
    const halves = memory.integers[name]
    const { memory: from, width, at } = fieldOf(table, integers[name][1])
    for (let row = first; row < end; row++) putInteger(halves, row, from[slots[row]! * width + at]!)
  }
  for (const name of floats) {
    const column = memory.floats[name]
    const { memory: from, width, at } = fieldOf(table, name)
    for (let row = first; row < end; row++) column[row] = from[slots[row]! * width + at]!
  }
  // Of a series without a finite value there is neither.
  const { min, max } = memory.floats
  for (let row = first; row < end; row++) {
    if (!Number.isFinite(min[row])) min[row] = Number.NaN
    if (!Number.isFinite(max[row])) max[row] = Number.NaN
  }
  const steps = memory.integers.first_nonfinite_step
  const { memory: from, width, at } = fieldOf(table, 'firstNonFiniteStep')
  for (let row = first; row < end; row++) {
    const step = from[slots[row]! * width + at]!
    allFinite[row] = Number.isNaN(step) ? 1 : 0
    putInteger(steps, row, Number.isNaN(step) ? 0 : step)
  }
}

function putInteger(halves: Int32Array, row: number, value: number): void {
  halves[2 * row] = value
  halves[2 * row + 1] = Math.floor(value / 4_294_967_296)
}

function columnsOf(memory: Memory, texts: Texts, rows: number): BlockColumn[] {
  const wide = (column: ArrayBufferView) => new BigInt64Array(column.buffer as ArrayBuffer, 0, rows)
  const coded = (name: 'project' | 'run' | 'metric', dictionary: readonly string[]) => {
    return { name, type: 'LowCardinality(String)', dictionary, data: memory[name].subarray(0, rows) } as const
  }
  return [
    coded('project', texts.projects),
    coded('run', texts.runs),
    coded('metric', texts.metrics),
    ...keys.map((name) => ({ name, type: 'UInt64', data: wide(memory.keys[name]) }) as const),
    ...integerNames.map((name) => ({ name, type: integers[name][0], data: wide(memory.integers[name]) })),
    ...floats.map((name) => ({ name, type: 'Float64', data: memory.floats[name].subarray(0, rows) }) as const),
    {
      ...{ name: 'first_nonfinite_step', type: 'Nullable(Int64)' },
      ...{ nulls: memory.allFinite.subarray(0, rows), data: wide(memory.integers.first_nonfinite_step) },
    },
  ]
}

function createMemory(capacity: number): Memory {
  const halves = () => new Int32Array(2 * capacity)
  const wide = () => new BigUint64Array(capacity)
  const column = () => new Float64Array(capacity)
  const names = [...integerNames, 'first_nonfinite_step']
  return {
    capacity,
    slots: new Int32Array(capacity),
    allFinite: new Uint8Array(capacity),
    project: new Uint32Array(capacity),
    run: new Uint32Array(capacity),
    metric: new Uint32Array(capacity),
    keys: { run_key: wide(), metric_key: wide(), version: wide() },
    integers: Object.fromEntries(names.map((name) => [name, halves()])) as Memory['integers'],
    floats: { last: column(), min: column(), max: column() },
  }
}

/** With the same rows in it. */
function withRoom(memory: Memory, rows: number): Memory {
  const larger = createMemory(Math.max(rows, 2 * memory.capacity))
  copyAll(memory, larger)
  return larger
}

function copyAll(from: object, to: object): void {
  for (const [name, value] of Object.entries(from)) {
    const target = (to as Record<string, unknown>)[name]
    if (ArrayBuffer.isView(value)) (target as Uint8Array).set(value as Uint8Array)
    else if (typeof value === 'object') copyAll(value as object, target as object)
  }
}
