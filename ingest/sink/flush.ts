import { setImmediate } from 'node:timers/promises'
import type { FlushMemory } from './flush-turns.ts'
import { joinRows, stateRows, type TableRows } from './rows.ts'
import type { Run } from './runs.ts'
import { fewSeries } from './settings.ts'
import type { SinkState } from './state.ts'
import { type LongSeries, longSeriesOf } from './tiles/long-series.ts'

export type FlushSteps = {
  /** Has `work` done in its turn: what many series take is to be spread over time. What is inserted may be in its memory, and must be stored when `work` ends. */
  piece(work: (memory: FlushMemory) => Promise<void>): Promise<void>
  insert(rows: TableRows): Promise<void>
  /** Resolves when the points of every record up to `offset` are in the store. */
  stored(offset: number): Promise<void>
  /** Who is told of long series that changed, once their rows are stored: of those of so many points. */
  readonly tiles?: { readonly points: number; grown(series: readonly LongSeries[]): void } | undefined
}

/** Series whose rows are built between two turns of the event loop: a millisecond or two, for which points of a block that is due wait. */
const seriesPerTurn = 5_000
/** Series of one insert: each costs the store some 10 ms whatever is in it, and what is in it holds up others. */
const seriesPerInsert = fewSeries

/**
 * Stores the summaries and sequence numbers of all runs that changed. A run's rows say up to which offset they go, and
 * are stored only when the points up to there are, so after a crash nothing is counted twice whatever was stored and what
 * was not: series rows first, then the run's own row, which says that the series are complete.
 * @returns the offset below which everything is now stored
 */
export async function flushState(state: SinkState, steps: FlushSteps): Promise<number> {
  let covered = state.applied
  let dirty: readonly Run[] = []
  let at = 0
  do {
    await steps.piece(async (memory) => {
      // Not before its turn has come, for the offset says where the next reader begins.
      if (at === 0) {
        covered = state.applied
        dirty = [...state.dirty]
        state.dirty.clear()
      }
      if (dirty.length > 0) at = await storePiece(state, dirty, at, memory, steps)
    })
  } while (at < dirty.length)
  return covered
}

/** The rows of some of the runs, from `first` on. Returns where the rest begins. */
async function storePiece(
  state: SinkState,
  dirty: readonly Run[],
  first: number,
  memory: FlushMemory,
  steps: FlushSteps,
): Promise<number> {
  const { series } = memory
  const own: TableRows[] = []
  const long: LongSeries[] = []
  let at = first
  while (at < dirty.length && series.rows() < seriesPerInsert) {
    const runs = takeRuns(dirty, at)
    at += runs.length
    // One synchronous moment: rows and marks are of the same state.
    const version = Math.max(state.applied, 0)
    for (const run of runs) series.add(state.table, run, version)
    own.push(stateRows(runs, version))
    if (steps.tiles) long.push(...longSeriesOf(state.table, runs, steps.tiles.points, version))
    markStored(state, runs)
    await setImmediate()
  }
  await storeRows(series.take(), joinRows(own), Math.max(state.applied, 0), memory, steps)
  if (long.length > 0) steps.tiles?.grown(long)
  return at
}

function takeRuns(dirty: readonly Run[], from: number): Run[] {
  let end = from
  for (let series = 0; end < dirty.length && series < seriesPerTurn; end++) series += dirty[end]!.slots.length
  return dirty.slice(from, end)
}

function markStored(state: SinkState, runs: readonly Run[]): void {
  for (const run of runs) {
    for (const slot of run.slots) state.table.changed[slot] = 0
    run.dirty = false
  }
}

/** `version`: no row goes further. */
async function storeRows(
  series: TableRows,
  own: TableRows,
  version: number,
  { figures }: FlushMemory,
  steps: FlushSteps,
): Promise<void> {
  await steps.stored(version)
  if (series.rows > 0) {
    // First: what `series` has is not applied again, so it would never come here.
    await steps.insert(await figures(series))
    await steps.insert(series)
  }
  await steps.insert(own)
}
