import { type SeriesTable, summaryFields, summaryWidth } from './series-table.ts'

/**
 * The series of a run that it logs with one set. Steps that come one by one and in order are counted here, once for all of the series: a step then
 * touches only the smallest part of their summaries. Nobody else may touch what is counted here before it is settled.
 */
export type SetSeries = {
  readonly slots: Int32Array
  /** Of slots that follow one on the other, as those of a run's first set mostly do, the first; -1 of others. */
  readonly firstSlot: number
  /** Above it a step is in order for each of the series, and not the first of any; Infinity where that is not known. */
  highest: number
  /** Of the steps that are counted here alone: how many they are, and the time of the last one, whose step is `highest`. */
  unsettled: number
  lastTime: number
}

export function createSetSeries(slots: Int32Array): SetSeries {
  return { slots, firstSlot: firstOf(slots), highest: Number.POSITIVE_INFINITY, unsettled: 0, lastTime: 0 }
}

function firstOf(slots: Int32Array): number {
  const first = slots[0] ?? -1
  for (let i = 1; i < slots.length; i++) if (slots[i] !== first + i) return -1
  return first
}

/** Brings what is counted for all of the series into the summary of each. */
export function settle({ summaries, changed }: SeriesTable, series: SetSeries): void {
  const { slots, unsettled, highest, lastTime } = series
  if (unsettled === 0) return
  series.unsettled = 0
  for (let i = 0; i < slots.length; i++) {
    const row = slots[i]! * summaryWidth
    summaries[row + summaryFields.count]! += unsettled
    summaries[row + summaryFields.lastStep] = highest
    summaries[row + summaryFields.lastTime] = lastTime
    changed[slots[i]!] = 1
  }
}

/** Settled, and nothing more is counted here until a step was added to the summary of each. */
export function leave(table: SeriesTable, series: SetSeries): void {
  settle(table, series)
  series.highest = Number.POSITIVE_INFINITY
}

/** From now on steps may be counted here: each of the series has a point, and nobody else touches their summaries without `leave`. */
export function follow({ summaries }: SeriesTable, series: SetSeries): void {
  let highest = Number.NEGATIVE_INFINITY
  for (const slot of series.slots) highest = Math.max(highest, summaries[slot * summaryWidth + summaryFields.lastStep]!)
  series.highest = highest
}
