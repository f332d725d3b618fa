import type { Run } from '../runs.ts'
import { readSummary, type SeriesTable } from '../series-table.ts'

/** A series that is long enough for tiles, as its summary says: over every point of log offset `version` or less, all of them in the store. */
export type LongSeries = {
  readonly run: bigint
  readonly metric: bigint
  readonly count: number
  readonly firstStep: number
  readonly lastStep: number
  /** Points whose step was not above every earlier one; 0: no step was logged twice. */
  readonly disorder: number
  readonly version: number
}

/** Of the runs' series those that changed and have so many points. */
export function longSeriesOf(table: SeriesTable, runs: readonly Run[], points: number, version: number): LongSeries[] {
  const long: LongSeries[] = []
  for (const { key, list, slots } of runs) {
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index]!
      if (table.changed[slot] === 0 || readSummary(table, slot, 'count') < points) continue
      long.push({
        run: key,
        metric: list.keys[index]!,
        count: readSummary(table, slot, 'count'),
        firstStep: readSummary(table, slot, 'firstStep'),
        lastStep: readSummary(table, slot, 'lastStep'),
        disorder: readSummary(table, slot, 'disorder'),
        version,
      })
    }
  }
  return long
}
