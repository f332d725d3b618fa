import type { BuriedLetter } from '../log/log.ts'
import type { BlockColumn } from '../store/native-block.ts'
import type { DeadLetter } from './dead-letter.ts'
import type { Run } from './runs.ts'

/** Runs as rows of their tables, copied: they go on changing. `version` is the log offset up to which the rows go. */
export type TableRows = { readonly table: string; readonly rows: number; readonly columns: readonly BlockColumn[] }

/** Rows of one table, one after the other; at least one list of them. */
export function joinRows(list: readonly TableRows[]): TableRows {
  const first = list[0]!
  if (list.length === 1) return first
  const columns = first.columns.map((column, index) => {
    return { ...column, data: joinData(list.map(({ columns }) => columns[index]!.data)) } as BlockColumn
  })
  return { table: first.table, rows: list.reduce((sum, { rows }) => sum + rows, 0), columns }
}

function joinData(list: readonly BlockColumn['data'][]): unknown {
  if (Array.isArray(list[0])) return list[0].concat(...(list.slice(1) as unknown[][]))
  const arrays = list as Float64Array[]
  const joined = new (arrays[0]!.constructor as new (length: number) => Float64Array)(
    arrays.reduce((sum, { length }) => sum + length, 0),
  )
  let at = 0
  for (const array of arrays) {
    joined.set(array, at)
    at += array.length
  }
  return joined
}

export function runRows(runs: readonly Run[], version: number): TableRows {
  const metadata = runs.map((run) => run.metadata)
  const columns: BlockColumn[] = [
    { name: 'project', type: 'String', data: runs.map((run) => run.project) },
    { name: 'run', type: 'String', data: runs.map((run) => run.run) },
    { name: 'key', type: 'UInt64', data: BigUint64Array.from(runs, (run) => run.key) },
    { name: 'name', type: 'String', data: metadata.map((m) => m.name) },
    { name: 'state', type: 'String', data: metadata.map((m) => m.state) },
    { name: 'created', type: "DateTime64(3, 'UTC')", data: BigInt64Array.from(metadata, (m) => BigInt(m.createdMs)) },
    { name: 'updated', type: "DateTime64(3, 'UTC')", data: BigInt64Array.from(metadata, (m) => BigInt(m.updatedMs)) },
    { name: 'params', type: 'String', data: metadata.map((m) => paramsJson(m.params)) },
    { name: 'params_text', type: 'Map(String, String)', data: metadata.map((m) => mapValues(m.params, String)) },
    { name: 'params_number', type: 'Map(String, Float64)', data: metadata.map((m) => numericParams(m.params)) },
    { name: 'tags', type: 'Map(String, String)', data: metadata.map((m) => new Map(m.tags)) },
    { name: 'version', type: 'UInt64', data: new BigUint64Array(runs.length).fill(BigInt(version)) },
  ]
  return { table: 'runs', rows: runs.length, columns }
}

/** Types kept; non-finite numbers as the texts "NaN", "Infinity", "-Infinity", which `params_number` tells from true texts. */
function paramsJson(params: ReadonlyMap<string, string | number | boolean>): string {
  const plain = (value: string | number | boolean) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
  // An object literal would put integer-like keys first and lose __proto__.
  return `{${[...params].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(plain(value))}`).join(',')}}`
}

function mapValues<V, W>(map: ReadonlyMap<string, V>, change: (value: V) => W): Map<string, W> {
  return new Map([...map].map(([key, value]) => [key, change(value)]))
}

function numericParams(params: ReadonlyMap<string, string | number | boolean>): Map<string, number> {
  const numbers = new Map<string, number>()
  for (const [key, value] of params) if (typeof value !== 'string') numbers.set(key, Number(value))
  return numbers
}

export function stateRows(runs: readonly Run[], version: number): TableRows {
  const columns: BlockColumn[] = [
    { name: 'project', type: 'String', data: runs.map((run) => run.project) },
    { name: 'run', type: 'String', data: runs.map((run) => run.run) },
    { name: 'run_key', type: 'UInt64', data: BigUint64Array.from(runs, (run) => run.key) },
    { name: 'points', type: 'UInt64', data: BigUint64Array.from(runs, (run) => BigInt(run.points)) },
    { name: 'frames', type: 'UInt64', data: BigUint64Array.from(runs, (run) => BigInt(run.frames)) },
    { name: 'duplicate_frames', type: 'UInt64', data: BigUint64Array.from(runs, (run) => BigInt(run.duplicateFrames)) },
    { name: 'metrics', type: 'UInt32', data: Uint32Array.from(runs, (run) => run.list.names.length) },
    {
      name: 'last_received',
      type: "DateTime64(3, 'UTC')",
      data: BigInt64Array.from(runs, (run) => BigInt(run.lastReceivedMs)),
    },
    { name: 'writers', type: 'String', data: runs.map((run) => JSON.stringify([...run.writers])) },
    { name: 'version', type: 'UInt64', data: new BigUint64Array(runs.length).fill(BigInt(version)) },
  ]
  return { table: 'run_state', rows: runs.length, columns }
}

/** Dead letters as the log keeps them. */
export function buriedLetters(partition: number, letters: readonly DeadLetter[]): BuriedLetter[] {
  return letters.map(({ offset, block, frame, project, run, reason, detail }) => {
    return { key: `${partition}-${offset}-${block}`, value: frame, headers: { project, run, reason, detail } }
  })
}

export function deadLetterRows(partition: number, letters: readonly DeadLetter[]): TableRows {
  const columns: BlockColumn[] = [
    { name: 'partition', type: 'UInt32', data: new Uint32Array(letters.length).fill(partition) },
    { name: 'offset', type: 'UInt64', data: BigUint64Array.from(letters, (letter) => BigInt(letter.offset)) },
    { name: 'block', type: 'UInt32', data: Uint32Array.from(letters, (letter) => letter.block) },
    { name: 'project', type: 'String', data: letters.map((letter) => letter.project) },
    { name: 'run', type: 'String', data: letters.map((letter) => letter.run) },
    { name: 'reason', type: 'String', data: letters.map((letter) => letter.reason) },
    { name: 'detail', type: 'String', data: letters.map((letter) => letter.detail) },
    { name: 'frame', type: 'String', data: letters.map((letter) => letter.frame) },
    {
      name: 'received',
      type: "DateTime64(3, 'UTC')",
      data: BigInt64Array.from(letters, (letter) => BigInt(letter.receivedMs)),
    },
  ]
  return { table: 'dead_letters', rows: letters.length, columns }
}
