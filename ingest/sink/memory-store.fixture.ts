import { fenceRuns } from '../../schema/fence.ts'
import type { Column, Columns, Parameters, StoreReader } from '../../schema/store.ts'
import type { BlockInserter } from '../store/insert.ts'
import { type BlockColumn, type CodedPlaces, placeType, placeWidth } from '../store/native-block.ts'

/** A stored row by column name; times are ms as bigint, floats keep their bits. */
export type Row = Record<string, Cell>
export type Cell = string | Uint8Array | bigint | number | null | ReadonlyMap<string, string | number>

/**
 * The store's tables as plain maps: one row per key, the one of the highest version, and of equal ones the later; blocks of
 * points once per token. Answers the queries of `load.ts` and `source.ts` and no others.
 */
export type MemoryStore = {
  /** Without the rows that settle a block. */
  readonly points: Row[]
  readonly tables: Readonly<Record<string, Map<string, Row>>>
  /** How often a block came again under a token that was used. */
  readonly skipped: () => number
  /** How many points came that were logged before others of their run which were there when their block came. */
  readonly disordered: () => number
  /** As after many other blocks. */
  forgetTokens(): void
  /** As a server of its own that is killed when it has written down the token of a block and the block is not in its place yet. */
  spendToken(token: string): void
  /** `shard`: that part of a block of points which is the server's of this number; absent: all of it, on a store of one server. */
  insertBlock(table: string, rows: number, columns: readonly BlockColumn[], token?: string, shard?: Shard): void
  readonly reader: StoreReader
}

/** Each server remembers tokens by itself. */
const onServer = (token: string, number: number) => `${token} on server ${number}`

/** One of `of` servers. */
export type Shard = { readonly number: number; readonly of: number }

const keys: Record<string, readonly string[]> = {
  runs: ['project', 'run'],
  run_state: ['project', 'run'],
  series: ['project', 'run', 'metric'],
  metric_figures: ['project', 'metric_key', 'run_key'],
  late_points: ['run', 'metric', 'epoch', 'zone', 'first', 'last', 'version'],
  dead_letters: ['partition', 'offset', 'block'],
  sources: ['log'],
  source_partitions: ['log', 'partition'],
}

/** As a sink sees it. */
export function insertInto(store: MemoryStore): BlockInserter['insertBlock'] {
  return async (table, rows, columns, token, turn) => {
    await turn?.()
    store.insertBlock(table, rows, columns, token)
  }
}

/** `tell` hears what became of each block with a token; `engine` is that of `points`. */
export function createMemoryStore(tell: (line: string) => void = () => {}, engine = 'MergeTree'): MemoryStore {
  const points: Row[] = []
  const tokens = new Set<string>()
  const tables = Object.fromEntries(Object.keys(keys).map((name) => [name, new Map<string, Row>()]))
  /** The same points by run, and the highest `ord` that it has. */
  const ofRun = new Map<unknown, { readonly rows: Row[]; newest: bigint }>()
  let skipped = 0
  let disordered = 0

  function insertBlock(
    table: string,
    rows: number,
    columns: readonly BlockColumn[],
    token?: string,
    { number, of }: Shard = { number: 0, of: 1 },
  ): void {
    const known = token && onServer(token, number)
    if (known && tokens.has(known)) {
      skipped++
      tell(`  ${known} is known`)
      return
    }
    if (known) {
      tokens.add(known)
      tell(`  ${known} is stored`)
    }
    const arrived: Row[] = []
    for (let i = 0; i < rows; i++) {
      const row = rowAt(columns, i)
      if (table === 'points' && (row.run as bigint) < fenceRuns) continue
      if (table !== 'points') keep(tables[table]!, keys[table]!.map((name) => String(row[name])).join('\0'), row)
      else if (of === 1 || Number((row.run as bigint) % BigInt(of)) === number) arrived.push(row)
    }
    for (const { run, ord } of arrived) if ((ord as bigint) < (ofRun.get(run)?.newest ?? 0n)) disordered++
    for (const row of arrived) {
      const run = ofRun.get(row.run) ?? { rows: [], newest: 0n }
      ofRun.set(row.run, run)
      run.rows.push(row)
      if ((row.ord as bigint) > run.newest) run.newest = row.ord as bigint
    }
    points.push(...arrived)
  }

  function chosen(table: string, parameters: Parameters): Row[] {
    const projects = parameters.projects as readonly string[]
    const runs = parameters.runs as readonly string[]
    const wanted = new Set(projects.map((project, i) => `${project}\0${runs[i]}`))
    return [...tables[table]!.values()].filter((row) => wanted.has(`${row.project}\0${row.run}`))
  }

  function runsWith({ runs, metrics, steps, offsets }: Parameters): { found: string }[] {
    const [keys, ...others] = [runs, metrics, steps, offsets] as readonly (readonly bigint[])[]
    const found = keys!.filter((key, i) => {
      const [metric, step, offset] = others.map((list) => list[i])
      const isIt = (row: Row) => row.metric === metric && row.step === step && (row.ord as bigint) >> 16n === offset
      return ofRun.get(key)?.rows.some(isIt)
    })
    return [...new Set(found)].map((run) => ({ found: String(run) }))
  }

  function answer(sql: string, parameters: Parameters): unknown[] {
    const table = /FROM (\w+)/.exec(sql)![1]!
    if (table === 'system') return [{ engine }]
    if (table === 'points') return runsWith(parameters)
    if (table === 'sources') return [...tables.sources!.values()].map(({ log }) => ({ log }))
    if (table === 'source_partitions') {
      const { log, partition } = parameters
      const rows = [...tables.source_partitions!.values()]
      return rows.filter((row) => row.log === log && row.partition === partition)
    }
    if (sql.startsWith('SELECT count() AS stored FROM runs')) return [{ stored: tables.runs!.size }]
    if (table === 'runs') {
      const wanted = parameters.keys as readonly bigint[]
      return [...tables.runs!.values()]
        .filter((row) => wanted.includes(row.key as bigint))
        .map((row) => ({
          ...(jsonRow(row) as object),
          numeric: [...(row.params_number as ReadonlyMap<string, number>).keys()],
        }))
    }
    if (table === 'run_state') return chosen('run_state', parameters).map(jsonRow)
    throw new Error(`a question that nobody asked before: ${sql}`)
  }

  return {
    points,
    tables,
    skipped: () => skipped,
    disordered: () => disordered,
    forgetTokens: () => tokens.clear(),
    spendToken(token) {
      tokens.add(onServer(token, 0))
      tell(`  ${token} is spent`)
    },
    insertBlock,
    reader: {
      async rows<T>(sql: string, parameters: Parameters = {}): Promise<T[]> {
        return answer(sql, parameters) as T[]
      },
      async columns(sql, parameters = {}) {
        if (sql.startsWith('SELECT key FROM runs')) return keysOfRuns([...tables.runs!.values()], parameters)
        return seriesColumns(chosen('series', parameters))
      },
    },
  }
}

function keep(table: Map<string, Row>, key: string, row: Row): void {
  const known = table.get(key)
  if (known && ((known.version ?? 0n) as bigint) > ((row.version ?? 0n) as bigint)) return
  table.set(key, row)
}

function cellAt(column: Exclude<BlockColumn, CodedPlaces>, i: number): Cell {
  if ('nulls' in column && column.nulls[i] === 1) return null
  if ('dictionary' in column) return column.dictionary[column.data[i]!]!
  return (column.data as unknown as ArrayLike<Cell>)[i]!
}

export function rowAt(columns: readonly BlockColumn[], i: number): Row {
  const row: Row = {}
  for (const column of columns) {
    if (column.type === placeType) {
      Object.assign(row, placeAt(column, i))
      continue
    }
    const cell = cellAt(column, i)
    if (cell instanceof Uint8Array) row[column.name] = Uint8Array.from(cell)
    else row[column.name] = cell instanceof Map ? new Map(cell) : cell
  }
  const { step_offset: steps, time_offset: ms, ...kept } = row
  if (steps !== undefined) kept.step = (kept.step as bigint) + BigInt(steps as number)
  if (ms !== undefined) kept.time = (kept.time as bigint) + BigInt(ms as number)
  return kept
}

/** The columns that the table makes of a place. */
function placeAt({ dictionary, data }: CodedPlaces, i: number): Row {
  const at = data[i]! * placeWidth
  const [run, step, time, ord] = dictionary.subarray(at, at + placeWidth)
  return { run: BigInt.asUintN(64, run!), step: step!, time: time!, ord: BigInt.asUintN(64, ord!) }
}

/** As JSONEachRow gives it. */
function jsonRow(row: Row): unknown {
  return Object.fromEntries(
    Object.entries(row).map(([name, cell]) => {
      if (typeof cell === 'bigint') return [name, String(cell)]
      return [name, cell instanceof Map ? Object.fromEntries(cell) : cell]
    }),
  )
}

function keysOfRuns(stored: readonly Row[], { partition, partitions }: Parameters): Columns {
  const runs = stored.filter(
    ({ key }) => (key as bigint) % BigInt(partitions as number) === BigInt(partition as number),
  )
  return { rows: runs.length, columns: new Map([['key', BigUint64Array.from(runs, (row) => row.key as bigint)]]) }
}

function seriesColumns(rows: readonly Row[]): Columns {
  const columns = new Map<string, Column>()
  for (const name of ['project', 'run', 'metric'])
    columns.set(
      name,
      rows.map((row) => row[name] as string),
    )
  for (const name of ['min', 'max', 'last'])
    columns.set(
      name,
      Float64Array.from(rows, (row) => row[name] as number),
    )
  for (const name of Object.keys(rows[0] ?? {})) {
    if (columns.has(name) || name === 'first_nonfinite_step') continue
    columns.set(
      name,
      BigInt64Array.from(rows, (row) => BigInt.asIntN(64, row[name] as bigint)),
    )
  }
  columns.set(
    'all_finite',
    Uint8Array.from(rows, (row) => (row.first_nonfinite_step === null ? 1 : 0)),
  )
  const steps = rows.map((row) => BigInt((row.first_nonfinite_step ?? 0) as number))
  columns.set('nonfinite_step', BigInt64Array.from(steps))
  return { rows: rows.length, columns }
}
