import { fenceRuns } from '../../schema/fence.ts'
import type { Column, StoreReader } from '../../schema/store.ts'
import { bitsOf, decodedBits } from '../../schema/value-codes.fixture.ts'
import type { Cell, MemoryStore, Row } from './memory-store.fixture.ts'
import { type Contents, deadLine, pointLine, summaryLine } from './sink.oracle.ts'

/** What a store holds, in the form of the oracle. */
export function contentsOfMemory({ points, tables }: MemoryStore): Contents {
  const rows = (table: string) => [...tables[table]!.values()]
  return contentsOf(points, rows('runs'), rows('run_state'), rows('series'), rows('dead_letters'))
}

/** The same of the real store: rows as they are after merging. */
export async function contentsOfStore(reader: StoreReader): Promise<Contents> {
  const runs = await reader.rows<{ params_number: object; tags: object }>(
    `SELECT project, run, name, toString(state) AS state, toUnixTimestamp64Milli(created) AS created,
       toUnixTimestamp64Milli(updated) AS updated, params, params_number, tags FROM runs FINAL`,
  )
  return contentsOf(
    await storedPoints(reader),
    runs.map((row) => ({
      ...row,
      params_number: new Map(Object.entries(row.params_number)),
      tags: new Map(Object.entries(row.tags)),
    })),
    await rowsOf(
      reader,
      'SELECT project, run, points, frames, duplicate_frames, metrics, last_received FROM run_state FINAL',
    ),
    await rowsOf(
      reader,
      `SELECT * EXCEPT first_nonfinite_step, ifNull(toString(first_nonfinite_step), '') AS text FROM series FINAL`,
    ),
    await rowsOf(
      reader,
      `SELECT offset, block, CAST(reason, 'String') AS reason, hex(frame) AS hex FROM dead_letters FINAL`,
    ),
  )
}

/** Points of the real store. */
export const storedPoints = (reader: StoreReader): Promise<Row[]> =>
  rowsOf(reader, `SELECT run, metric, step, time, value, ord FROM point_values WHERE run >= ${fenceRuns}`)

/** Points of either store as the oracle has them. */
export function pointLines(points: readonly Row[]): string[] {
  const lines = points.map((row) => {
    const { run, metric, step, time, ord, code } = row as Record<string, bigint>
    const bits = code === undefined ? bitsOf(row.value as number) : decodedBits(code)
    return pointLine(run!, metric!, step!, time!, bits, ord!)
  })
  return lines.sort()
}

async function rowsOf(reader: StoreReader, sql: string): Promise<Row[]> {
  const { rows, columns } = await reader.columns(sql)
  return Array.from({ length: rows }, (_, i) => {
    const row: Row = {}
    for (const [name, column] of columns) row[name] = (column as ArrayLike<Cell> & Column)[i] as Cell
    if (sql.includes('first_nonfinite_step')) row.first_nonfinite_step = row.text === '' ? null : Number(row.text)
    return row
  })
}

function contentsOf(points: Row[], runs: Row[], states: Row[], series: Row[], deadLetters: Row[]): Contents {
  return {
    points: pointLines(points),
    runs: runs.map(runLine).sort(),
    states: states.map(stateLine).sort(),
    series: series.map(seriesLine).sort(),
    deadLetters: deadLetters.map(deadLetterLine).sort(),
  }
}

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]) => (a[0] < b[0] ? -1 : 1)

function runLine(row: Row): string {
  const params = Object.entries(JSON.parse(row.params as string) as object).sort(byKey)
  const numeric = [...(row.params_number as Map<string, number>).keys()].sort()
  const tags = [...(row.tags as Map<string, string>)].sort(byKey)
  const { project, run, name, state, created, updated } = row
  return JSON.stringify([project, run, name, state, Number(created), Number(updated), params, numeric, tags])
}

function stateLine(row: Row): string {
  const { project, run, points, frames, duplicate_frames, metrics, last_received } = row
  return JSON.stringify([project, run, ...[points, frames, duplicate_frames, metrics, last_received].map(Number)])
}

function seriesLine(row: Row): string {
  const number = (name: string) => Number(row[name])
  return summaryLine(row.project as string, row.run as string, row.metric as string, {
    count: number('count'),
    firstStep: number('first_step'),
    lastStep: number('last_step'),
    last: number('last'),
    lastTime: number('last_time'),
    min: number('min'),
    minStep: number('min_step'),
    max: number('max'),
    maxStep: number('max_step'),
    nan: number('nan_count'),
    positiveInfinity: number('positive_infinity_count'),
    negativeInfinity: number('negative_infinity_count'),
    firstNonFiniteStep: row.first_nonfinite_step === null ? Number.NaN : number('first_nonfinite_step'),
    disorder: number('disorder'),
  })
}

function deadLetterLine(row: Row): string {
  const bytes = typeof row.hex === 'string' ? Buffer.from(row.hex, 'hex') : (row.frame as Uint8Array)
  return deadLine(row.offset, row.block, row.reason, bytes)
}
