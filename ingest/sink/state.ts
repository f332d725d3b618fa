import { runKey } from '../../schema/keys.ts'
import type { StoreReader } from '../../schema/store.ts'
import type { Count } from '../../telemetry/metrics.ts'
import { type NameRun, readRecord } from '../record/reader.ts'
import type { RecordFrame, RunName } from '../record/record.ts'
import { blockNumbers } from '../record/writer.ts'
import { applyFrame, type Outcome } from './apply.ts'
import type { DeadLetter } from './dead-letter.ts'
import { loadRuns } from './load.ts'
import { clearPoints, createPointsBatch, type PointsBatch } from './points.ts'
import { createRunNames, type KnownName } from './run-names.ts'
import { createRun, type Run } from './runs.ts'
import { createSeriesTable, type SeriesTable, seriesInUse } from './series-table.ts'
import { createSetRegistry } from './sink-set.ts'
import { createStoredRuns, type StoredRuns } from './stored-runs.ts'

/** What one insert will put into the store: the records `first` to `last` of the log. */
export type Batch = {
  first: number
  last: number
  readonly points: PointsBatch
  readonly changedRuns: Set<Run>
  readonly deadLetters: DeadLetter[]
  /** Arrival of its newest frame, ms. */
  newestMs: number
}

export function createBatch(): Batch {
  return { first: -1, last: -1, points: createPointsBatch(), changedRuns: new Set(), deadLetters: [], newestMs: 0 }
}

/** Records of the log that are in it. */
export const recordsOf = ({ first, last }: Batch): number => (first < 0 ? 0 : last - first + 1)

export function clearBatch(batch: Batch): void {
  batch.first = -1
  batch.last = -1
  clearPoints(batch.points)
  batch.changedRuns.clear()
  batch.deadLetters.length = 0
}

/** The sink's memory of one partition: active runs and their series. */
export type SinkState = {
  readonly runs: Map<string, Run>
  readonly table: SeriesTable
  readonly dirty: Set<Run>
  /** Runs that are not in memory and may be in the store; more than there are, never fewer. */
  storedRuns: StoredRuns
  /** Offset of the last record applied; -1 before the first. */
  applied: number
  /** How often runs were let go of. */
  evictions: number
  readonly intern: ReturnType<typeof createSetRegistry>
  readonly nameRun: NameRun
}

export function createSinkState(): SinkState {
  return {
    ...{ runs: new Map(), table: createSeriesTable(), dirty: new Set(), applied: -1, evictions: 0 },
    storedRuns: createStoredRuns(),
    ...{ intern: createSetRegistry(), nameRun: createRunNames() },
  }
}

export type ReadRecord = {
  readonly offset: number
  readonly bytes: number
  readonly frames: readonly RecordFrame[]
  /** Set when the record cannot be taken apart. */
  readonly unreadable: DeadLetter | undefined
}

/** Takes a record apart; one that cannot be becomes a dead letter, whole. */
export function parseRecord(state: SinkState, offset: number, payload: Uint8Array): ReadRecord {
  try {
    const frames = readRecord(payload, state.intern, state.nameRun)
    return { offset, bytes: payload.length, frames, unreadable: undefined }
  } catch (error) {
    const unreadable: DeadLetter = {
      offset,
      block: 0,
      project: '',
      run: '',
      reason: 'unreadable_record',
      detail: (error as Error).message,
      frame: Uint8Array.from(payload),
      receivedMs: 0,
    }
    return { offset, bytes: payload.length, frames: [], unreadable }
  }
}

/** Brings the runs into memory that the records name and memory does not have: from the store, or new if it surely has none of them. */
export async function ensureRuns(state: SinkState, reader: StoreReader, records: readonly ReadRecord[]): Promise<void> {
  const missing = new Map<string, { project: string; run: string }>()
  for (const record of records) {
    for (const { run } of record.frames) {
      if (held(state, run) === undefined) missing.set(runName(run), run)
    }
  }
  if (missing.size === 0) return
  const stored: { project: string; run: string }[] = []
  const fresh: Run[] = []
  for (const name of missing.values()) {
    if (state.storedRuns.mayHave(runKey(name.project, name.run))) stored.push(name)
    else fresh.push(createRun(name.project, name.run))
  }
  const loaded = stored.length > 0 ? await loadRuns(reader, state.table, stored) : []
  for (const run of [...loaded, ...fresh]) state.runs.set(runName(run), run)
  for (const run of fresh) state.storedRuns.add(run.key)
}

/** The run, if it is in memory. */
function held(state: SinkState, name: RunName): Run | undefined {
  const known = name as KnownName
  if (known.held === undefined || known.evictions !== state.evictions) {
    known.held = state.runs.get(runName(name))
    known.evictions = state.evictions
  }
  return known.held
}

function runName(run: { readonly project: string; readonly run: string }): string {
  return `${run.project}\0${run.run}`
}

export type FrameCounts = Readonly<Record<Outcome['kind'], Count>>

/** Applies a record's frames in order; their points and changes are added to the batch. */
export function applyRecord(state: SinkState, batch: Batch, record: ReadRecord, counts: FrameCounts): void {
  if (batch.first < 0) batch.first = record.offset
  batch.last = record.offset
  state.applied = record.offset
  if (record.unreadable) batch.deadLetters.push(record.unreadable)
  let block = 0
  for (const frame of record.frames) {
    const run = held(state, frame.run)!
    const wasDirty = run.dirty
    const outcome = applyFrame(state.table, batch.points, run, frame, record.offset, block)
    block += blockNumbers(frame)
    counts[outcome.kind].value++
    if (outcome.letter) batch.deadLetters.push(outcome.letter)
    if (run.metadataChanged) batch.changedRuns.add(run)
    // One that was has its place in the set already, or in the flush that is under way.
    if (!wasDirty && run.dirty) state.dirty.add(run)
    batch.newestMs = frame.receivedMs
  }
}

/**
 * Lets go of the runs that were idle longest, until a fifth of the room is free: only of those whose rows are all in the
 * store, for one that comes back is what its rows say. `flushed`: offset up to which a flush has ended.
 */
export function evictIdle(state: SinkState, maximumSeries: number, flushed: number): number {
  if (seriesInUse(state.table) <= maximumSeries) return 0
  const idle = [...state.runs.values()]
    .filter((run) => !run.dirty && run.touched <= flushed)
    .sort((a, b) => a.touched - b.touched)
  let evicted = 0
  for (const run of idle) {
    if (seriesInUse(state.table) <= maximumSeries * 0.8) break
    // The last one put there is taken first, so that whoever comes next has slots that follow one on the other.
    state.table.free.push(...run.slots.toReversed())
    state.runs.delete(runName(run))
    evicted++
  }
  if (evicted > 0) state.evictions++
  return evicted
}
