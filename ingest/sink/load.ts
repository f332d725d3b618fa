import { metricKey } from '../../schema/keys.ts'
import type { Column, StoreReader } from '../../schema/store.ts'
import type { RunName, RunState } from '../record/record.ts'
import { addList, createRun, type Run, type SeriesList } from './runs.ts'
import { readSummary, type SeriesTable, writeSummary } from './series-table.ts'

/** Runs asked for in one query. */
const runsPerQuery = 2_000

const chosen = `project IN {projects:Array(String)} AND run IN {runs:Array(String)}
  AND (project, run) IN (SELECT arrayJoin(arrayZip({projects:Array(String)}, {runs:Array(String)})))`

/**
 * Brings runs into memory as their stored rows say, and makes those that have none. Called for the runs of a batch that
 * are not there yet: new ones, those of before a restart, and those that were idle for long.
 */
export async function loadRuns(reader: StoreReader, table: SeriesTable, names: readonly RunName[]): Promise<Run[]> {
  const runs: Run[] = []
  for (let at = 0; at < names.length; at += runsPerQuery) {
    const batch = names.slice(at, at + runsPerQuery).map((name) => createRun(name.project, name.run))
    await loadBatch(reader, table, batch)
    runs.push(...batch)
  }
  return runs
}

async function loadBatch(reader: StoreReader, table: SeriesTable, batch: readonly Run[]): Promise<void> {
  const byName = new Map(batch.map((run) => [nameOf(run.project, run.run), run]))
  const parameters = { projects: batch.map((run) => run.project), runs: batch.map((run) => run.run) }
  const find = (project: string, run: string) => byName.get(nameOf(project, run))!
  // By key, and not FINAL: one question tells a run's rows and those of any other with its key.
  const metadata = await reader.rows<MetadataRow>(
    `SELECT project, run, toString(key) AS key, name, toString(state) AS state, toUnixTimestamp64Milli(created) AS created,
       toUnixTimestamp64Milli(updated) AS updated, params, params_text, mapKeys(params_number) AS numeric, tags, toString(version) AS version,
       toUInt32(splitByChar('_', _part)[2]) AS block
     FROM runs WHERE key IN {keys:Array(UInt64)}`,
    { keys: batch.map((run) => run.key) },
  )
  const stored = newestRows(metadata, byName)
  for (const row of stored) applyMetadata(find(row.project, row.run), row)
  if (stored.length < metadata.length) findCollisions(batch, metadata)
  // A run without metadata has no other rows: its summaries are stored after its metadata.
  if (stored.length === 0) return
  const state = await reader.rows<StateRow>(
    `SELECT project, run, toString(points) AS points, toString(frames) AS frames, toString(duplicate_frames) AS duplicate_frames,
       toUnixTimestamp64Milli(last_received) AS last_received, writers, toString(version) AS version
     FROM run_state FINAL WHERE ${chosen}`,
    parameters,
  )
  for (const row of state) applyState(find(row.project, row.run), row)
  await loadSeries(reader, table, parameters, find)
}

function nameOf(project: string, run: string): string {
  return `${project}\0${run}`
}

/** Of each run the row of the highest version, of several the one that came last into the table; without the rows of runs that were not asked for. */
function newestRows(rows: readonly MetadataRow[], byName: ReadonlyMap<string, Run>): MetadataRow[] {
  const newest = new Map<string, MetadataRow>()
  for (const row of rows) {
    const name = nameOf(row.project, row.run)
    const known = newest.get(name)
    if (byName.has(name) && !(known && isNewer(known, row))) newest.set(name, row)
  }
  return [...newest.values()]
}

function isNewer(a: MetadataRow, b: MetadataRow): boolean {
  return BigInt(a.version) === BigInt(b.version) ? a.block > b.block : BigInt(a.version) > BigInt(b.version)
}

/** Two different runs with one key would be one series in the store. Expected once in 10^13 pairs; never let through. */
function findCollisions(batch: readonly Run[], rows: readonly MetadataRow[]): void {
  const fresh = new Map(batch.filter((run) => run.metadataVersion < 0).map((run) => [String(run.key), run]))
  for (const row of rows) {
    const run = fresh.get(row.key)
    if (run && (run.project !== row.project || run.run !== row.run)) run.collidesWith = `${row.project}/${row.run}`
  }
}

type MetadataRow = {
  project: string
  run: string
  key: string
  name: string
  state: RunState
  created: string | number
  updated: string | number
  params: string
  params_text: Record<string, string>
  numeric: string[]
  tags: Record<string, string>
  version: string
  /** Number of its block in the table: the later the higher. */
  block: number
}

function applyMetadata(run: Run, row: MetadataRow): void {
  const numeric = new Set(row.numeric)
  const params = new Map(Object.entries(JSON.parse(row.params) as Record<string, string | number | boolean>))
  for (const [key, value] of params) {
    // Non-finite numbers are texts in JSON.
    run.metadata.params.set(key, typeof value === 'string' && numeric.has(key) ? Number(value) : value)
  }
  for (const [key, value] of Object.entries(row.tags)) run.metadata.tags.set(key, value)
  Object.assign(run.metadata, {
    name: row.name,
    state: row.state,
    createdMs: Number(row.created),
    updatedMs: Number(row.updated),
  })
  run.metadataVersion = Number(row.version)
  run.loadedVersion = Math.max(run.loadedVersion, run.metadataVersion)
}

type StateRow = {
  project: string
  run: string
  points: string
  frames: string
  duplicate_frames: string
  last_received: string | number
  writers: string
  version: string
}

function applyState(run: Run, row: StateRow): void {
  run.points = Number(row.points)
  run.frames = Number(row.frames)
  run.duplicateFrames = Number(row.duplicate_frames)
  run.lastReceivedMs = Number(row.last_received)
  for (const [writer, sequence] of JSON.parse(row.writers) as [string, number[]][]) run.writers.set(writer, sequence)
  run.stateVersion = Number(row.version)
  run.loadedVersion = Math.max(run.loadedVersion, run.stateVersion)
}

/** Columns of `series` and where they go; values are bit-exact, so the summary goes on as if nothing had happened. */
const summaryColumns = [
  ['count', 'count'],
  ['first_step', 'firstStep'],
  ['last_step', 'lastStep'],
  ['last_time', 'lastTime'],
  ['last', 'last'],
  ['min', 'min'],
  ['min_step', 'minStep'],
  ['max', 'max'],
  ['max_step', 'maxStep'],
  ['nan_count', 'nan'],
  ['positive_infinity_count', 'positiveInfinity'],
  ['negative_infinity_count', 'negativeInfinity'],
  ['disorder', 'disorder'],
  ['version', 'version'],
] as const

async function loadSeries(
  reader: StoreReader,
  table: SeriesTable,
  parameters: { projects: string[]; runs: string[] },
  find: (project: string, run: string) => Run,
): Promise<void> {
  const names = summaryColumns.map(([column]) => column).join(', ')
  const { rows, columns } = await reader.columns(
    `SELECT project, run, metric, ${names}, isNull(first_nonfinite_step) AS all_finite, ifNull(first_nonfinite_step, 0) AS nonfinite_step
     FROM series FINAL WHERE ${chosen} ORDER BY project, run, metric`,
    parameters,
  )
  const text = (name: string) => columns.get(name) as readonly string[]
  const number = (name: string) => columns.get(name) as Exclude<Column, readonly string[]>
  // Most runs have the same metrics as others.
  const lists = new Map<string, SeriesList>()
  function listOf(names: readonly string[]): SeriesList {
    const key = names.join('\0')
    const list = lists.get(key) ?? { names, keys: BigUint64Array.from(names, metricKey) }
    lists.set(key, list)
    return list
  }
  const [projects, runs, metrics] = [text('project'), text('run'), text('metric')]
  for (let first = 0; first < rows; ) {
    let end = first
    while (end < rows && runs[end] === runs[first] && projects[end] === projects[first]) end++
    const run = find(projects[first]!, runs[first]!)
    addList(table, run, listOf(metrics.slice(first, end)))
    for (let row = first; row < end; row++) loadSummary(run, run.slots[run.slots.length - end + row]!, row)
    first = end
  }

  function loadSummary(run: Run, slot: number, row: number): void {
    for (const [column, field] of summaryColumns) writeSummary(table, slot, field, Number(number(column)[row]))
    if (Number.isNaN(readSummary(table, slot, 'min'))) writeSummary(table, slot, 'min', Number.POSITIVE_INFINITY)
    if (Number.isNaN(readSummary(table, slot, 'max'))) writeSummary(table, slot, 'max', Number.NEGATIVE_INFINITY)
    const firstNonFinite = number('all_finite')[row] ? Number.NaN : Number(number('nonfinite_step')[row])
    writeSummary(table, slot, 'firstNonFiniteStep', firstNonFinite)
    run.loadedVersion = Math.max(run.loadedVersion, readSummary(table, slot, 'version'))
  }
}
