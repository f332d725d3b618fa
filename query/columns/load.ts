import type { Columns } from '../../schema/store.ts'
import { numbers, texts } from '../sql/read.ts'
import { figuresByKey, runsByName, unreadFigures, unreadRuns } from '../sql/run-columns.ts'
import type { Statement } from '../sql/text.ts'
import type { Unread } from './blocks.ts'
import { codeOf } from './dictionary.ts'
import type { RunColumn } from './needs.ts'
import { copyNumber } from './numbers.ts'
import { createPace } from './pace.ts'
import { forgetRecord } from './records.ts'
import { type Column, createRunTable, type MetricColumns, type RunTable, rowOfKey } from './table.ts'

/** Asks the store, and one at a time changes tables. */
export type Hands = {
  ask(statement: Statement): Promise<Columns>
  /** Waits for its turn at the table. */
  change<T>(work: () => Promise<T>): Promise<T>
}

/** Runs of one statement while a table is read for the first time: their texts are made at one stretch. */
const runsPerPage = 30_000
/** Figures of one statement, about: they come as they are. */
const figuresPerSlice = 100_000
/** Rows written between two looks at the clock. */
const rowsPerLook = 2_000
/** More rows than this that are new at once are no news but another table. */
export const unreadRows = 200_000

/** A project's runs with no column but their ids. `table` is filled by nobody else. */
export async function loadTable(project: string, runs: number, hands: Hands): Promise<RunTable> {
  const table = createRunTable(project, runs)
  const pages: string[] = []
  for (let after = ''; ; ) {
    const answer = await hands.ask(runsByName(project, [], { after, rows: runsPerPage }))
    await putRuns(table, answer, [], true)
    if (answer.rows < runsPerPage) break
    after = texts(answer, 'id').at(-1)!
    pages.push(after)
  }
  table.pages = pages
  return table
}

/** Fills columns that are in the table already, so that news goes into them meanwhile. */
export async function loadColumns(
  table: RunTable,
  columns: readonly { need: RunColumn; column: Column }[],
  hands: Hands,
): Promise<void> {
  const needs = columns.map(({ need }) => need)
  const page = (n: number) => {
    const upTo = table.pages[n]
    return hands.ask(
      runsByName(table.project, needs, { after: table.pages[n - 1] ?? '', ...(upTo === undefined ? {} : { upTo }) }),
    )
  }
  let next = page(0)
  for (let n = 0; n <= table.pages.length; n++) {
    const answer = await next
    // The store works on the next page while this one is written.
    if (n < table.pages.length) next = page(n + 1)
    next.catch(() => {})
    await hands.change(() => putRuns(table, answer, columns, false))
  }
}

/** Figures of all runs, by ranges of keys. */
export async function loadMetric(table: RunTable, metric: MetricColumns, hands: Hands): Promise<void> {
  const slices = BigInt(Math.ceil((table.keys.count + 1) / figuresPerSlice))
  const width = 2n ** 64n / slices
  const fields = [...metric.fields.keys()]
  const slice = (n: bigint) =>
    hands.ask(
      figuresByKey(table.project, metric.metric, fields, [
        n * width,
        n === slices - 1n ? 2n ** 64n - 1n : (n + 1n) * width - 1n,
      ]),
    )
  let next = slice(0n)
  for (let n = 0n; n < slices; n++) {
    const answer = await next
    if (n < slices - 1n) next = slice(n + 1n)
    next.catch(() => {})
    await hands.change(() => putFigures(table, metric, answer))
  }
}

/** False when there is too much that is new. */
export async function refreshRuns(table: RunTable, unread: Unread, hands: Hands): Promise<boolean> {
  // All that are there now: one that comes later reads for itself what is new by then.
  const columns = [...table.columns.values()]
  const needs = columns.map(({ need }) => need)
  const answer = await hands.ask(unreadRuns(table.project, needs, unread, unreadRows))
  await hands.change(() => putRuns(table, answer, columns, true))
  return answer.rows < unreadRows
}

/** False when there is too much that is new. */
export async function refreshMetric(
  table: RunTable,
  metric: MetricColumns,
  unread: Unread,
  hands: Hands,
): Promise<boolean> {
  const fields = [...metric.fields.keys()]
  const answer = await hands.ask(unreadFigures(table.project, metric.metric, fields, unread, unreadRows))
  await hands.change(() => putFigures(table, metric, answer))
  return answer.rows < unreadRows
}

/** Rows of `runs`, older ones of a run before younger ones. `own`: they are what the table itself knows of a run. */
async function putRuns(
  table: RunTable,
  answer: Columns,
  columns: readonly { column: Column }[],
  own: boolean,
): Promise<void> {
  const pause = createPace()
  const keys = halves(answer, 'key')
  const versions = numbers(answer, 'version')
  const ids = own ? texts(answer, 'id') : []
  const writers = columns.flatMap(({ column }, n) => (column === table.runs ? [] : [writerOf(column, answer, n)]))
  for (let at = 0; at < answer.rows; at++) {
    const row = rowOfKey(table, keys[2 * at]!, keys[2 * at + 1]!)
    if (versions[at]! >= table.versions[row]!) {
      if (own) {
        table.versions[row] = versions[at]!
        forgetRecord(table.records, row)
        if (table.present[row] === 0) {
          table.present[row] = 1
          table.presentCount++
          table.runs.codes[row] = codeOf(table.runs.dictionary, ids[at]!)
        }
      }
      for (const write of writers) write(row, at)
    }
    if (at % rowsPerLook === 0) await pause()
  }
}

function writerOf(column: Column, answer: Columns, n: number): (row: number, at: number) => void {
  if (column.kind === 'number') {
    const from = halves(answer, `c${n}`)
    return (row, at) => copyNumber(column, row, from, at)
  }
  const values = texts(answer, `c${n}`)
  const has = (answer.columns.get(`h${n}`) ?? new Uint8Array(0)) as Uint8Array
  return (row, at) => {
    column.codes[row] = has[at] === 1 ? codeOf(column.dictionary, values[at]!) : -1
  }
}

async function putFigures(table: RunTable, metric: MetricColumns, answer: Columns): Promise<void> {
  const pause = createPace()
  const keys = halves(answer, 'key')
  const versions = numbers(answer, 'version')
  const fields = [...metric.fields.values()].map((column, n) => ({ column, from: halves(answer, `f${n}`) }))
  for (let at = 0; at < answer.rows; at++) {
    const row = rowOfKey(table, keys[2 * at]!, keys[2 * at + 1]!)
    if (versions[at]! >= metric.versions[row]!) {
      metric.versions[row] = versions[at]!
      for (const { column, from } of fields) copyNumber(column, row, from, at)
    }
    if (at % rowsPerLook === 0) await pause()
  }
}

/** A column of 64-bit elements, the lower half of each first. */
function halves(answer: Columns, name: string): Uint32Array {
  const column = answer.columns.get(name)
  if (column instanceof BigUint64Array || column instanceof Float64Array)
    return new Uint32Array(column.buffer, column.byteOffset, 2 * column.length)
  if (answer.rows === 0) return new Uint32Array(0)
  throw new TypeError(`the store's answer has no column of 64 bits ${name}`)
}
