import { setImmediate } from 'node:timers/promises'
import { seriesRows, stateRows, type TableRows } from './rows.ts'
import type { Run } from './runs.ts'
import type { SinkState } from './state.ts'

export type FlushSteps = {
  insert(rows: TableRows): Promise<void>
  /** Resolves when the points of every record up to `offset` are in the store. */
  stored(offset: number): Promise<void>
}

/** Series rows of one insert: enough to make inserts rare, few enough to be built between two turns of the event loop. */
const seriesPerInsert = 20_000

/**
 * Stores the summaries and sequence numbers of all runs that changed. A run's rows say up to which offset they go, and
 * are stored only when the points up to there are, so after a crash nothing is counted twice whatever was stored and what
 * was not: series rows first, then the run's own row, which says that the series are complete.
 * @returns the offset below which everything is now stored
 */
export async function flushState(state: SinkState, steps: FlushSteps): Promise<number> {
  const covered = state.applied
  const dirty = [...state.dirty]
  state.dirty.clear()
  for (let at = 0; at < dirty.length; ) {
    const runs: Run[] = []
    for (let series = 0; at < dirty.length && series < seriesPerInsert; at++) {
      const run = dirty[at]!
      runs.push(run)
      series += run.slots.length
    }
    await flushRuns(state, runs, steps)
    await setImmediate()
  }
  return covered
}

async function flushRuns(state: SinkState, runs: readonly Run[], steps: FlushSteps): Promise<void> {
  // One synchronous moment: rows and marks are of the same state.
  const version = Math.max(state.applied, 0)
  const series = seriesRows(state.table, runs, version)
  const own = stateRows(runs, version)
  for (const run of runs) {
    for (const slot of run.slots) state.table.changed[slot] = 0
    run.dirty = false
    state.dirty.delete(run)
  }
  await steps.stored(version)
  if (series.rows > 0) await steps.insert(series)
  await steps.insert(own)
}
