import { runKey } from '../../schema/keys.ts'
import { limits } from '../../schema/limits.ts'
import { createMetadata, type Metadata } from './metadata.ts'
import type { Sequence } from './sequence.ts'
import { addSeries, type SeriesTable } from './series-table.ts'
import { createSetSeries, leave, type SetSeries } from './set-series.ts'
import type { SinkSet } from './sink-set.ts'

/** Names of series and their keys, side by side; never changed. */
export type SeriesList = { readonly names: readonly string[]; readonly keys: BigUint64Array }

const noSeries: SeriesList = { names: [], keys: new BigUint64Array(0) }

/** What the sink knows of an active run. What each frame reads comes first, for it lies close together then. */
export type Run = {
  /** Of its last frame with a number, and of the last with one block of a known set: entries of `writers` and `sets`, mostly those of the next frame too. */
  lastWriter: string | undefined
  lastSequence: Sequence | undefined
  lastSet: SinkSet | undefined
  lastSeries: SetSeries | undefined
  /** Another run that has the same key; this one can then not be stored. */
  collidesWith: string | undefined
  /** Log offset up to which its stored state goes; -1: none stored. */
  stateVersion: number
  /** Highest offset of any of its stored rows: above it nothing can have been applied before. */
  loadedVersion: number
  frames: number
  points: number
  lastReceivedMs: number
  /** Offset of its last frame, for eviction. */
  touched: number
  dirty: boolean
  metadataChanged: boolean
  /** No series is in two of its sets. */
  setsAreApart: boolean
  /** The filling of a batch that last had points of it, and its number there. */
  filling: number
  numberInFilling: number
  readonly key: bigint
  readonly project: string
  readonly run: string
  /** Its series in the order in which they came, and their slots. Runs that log with one and the same set share its list. */
  list: SeriesList
  slots: Int32Array
  /** The series of the sets it logs with, so that a frame costs one look-up. */
  readonly sets: Map<SinkSet, SetSeries>
  duplicateFrames: number
  /** The one used last is the last of them. */
  readonly writers: Map<string, Sequence>
  readonly metadata: Metadata
  /** As `stateVersion`, of its metadata. */
  metadataVersion: number
}

const noSlots = new Int32Array(0)

export function createRun(project: string, run: string): Run {
  return {
    lastWriter: undefined,
    lastSequence: undefined,
    lastSet: undefined,
    lastSeries: undefined,
    collidesWith: undefined,
    stateVersion: -1,
    loadedVersion: -1,
    frames: 0,
    points: 0,
    lastReceivedMs: 0,
    touched: 0,
    dirty: false,
    metadataChanged: false,
    setsAreApart: true,
    filling: 0,
    numberInFilling: 0,
    key: runKey(project, run),
    project,
    run,
    list: noSeries,
    slots: noSlots,
    sets: new Map(),
    duplicateFrames: 0,
    writers: new Map(),
    metadata: createMetadata(),
    metadataVersion: -1,
  }
}

/** Sets whose slots a run keeps at hand; one that logs ever new subsets finds them anew. */
const setsAtHand = 64

/**
 * The series of a frame's sets, made where they are new; undefined, with nothing made, when the run would have too many metrics.
 */
export function resolveSeries(table: SeriesTable, run: Run, sets: readonly SinkSet[]): SetSeries[] | undefined {
  if (sets.some((set) => !run.sets.has(set)) && !addSets(table, run, sets)) return undefined
  return sets.map((set) => run.sets.get(set)!)
}

/** Those of a frame's only set; undefined where it has not been met. */
export function seriesAtHand(run: Run, set: SinkSet): SetSeries | undefined {
  if (run.lastSet === set) return run.lastSeries
  const series = run.sets.get(set)
  if (series) {
    run.lastSet = set
    run.lastSeries = series
  }
  return series
}

function addSets(table: SeriesTable, run: Run, sets: readonly SinkSet[]): boolean {
  const first = sets[0]!
  if (run.list.names.length === 0 && sets.every((set) => set === first)) {
    if (first.names.length > limits.metricsPerRun) return false
    addList(table, run, first)
    run.sets.set(first, createSetSeries(run.slots))
    return true
  }
  const byName = new Map(run.list.names.map((name, index) => [name, index]))
  const fresh = new Map<string, bigint>()
  for (const { names, keys } of sets)
    names.forEach((name, index) => {
      if (!byName.has(name)) fresh.set(name, keys[index]!)
    })
  if (byName.size + fresh.size > limits.metricsPerRun) return false
  for (const name of fresh.keys()) byName.set(name, byName.size)
  addList(table, run, { names: [...fresh.keys()], keys: BigUint64Array.from(fresh.values()) })
  if (run.sets.size >= setsAtHand) {
    mix(table, run)
    run.sets.clear()
    run.lastSet = undefined
    run.lastSeries = undefined
  }
  for (const set of sets) {
    if (run.sets.has(set)) continue
    const slots = Int32Array.from(set.names, (name) => run.slots[byName.get(name)!]!)
    run.sets.set(set, createSetSeries(slots))
  }
  if (run.setsAreApart && !areApart([...run.sets.values()])) mix(table, run)
  return true
}

function areApart(sets: readonly SetSeries[]): boolean {
  const all = sets.flatMap(({ slots }) => [...slots])
  return new Set(all).size === all.length
}

/** From now on a series may be in several of the run's sets: none of them counts for itself what is the same for its series. */
function mix(table: SeriesTable, run: Run): void {
  for (const series of run.sets.values()) leave(table, series)
  run.setsAreApart = false
}

/** Gives the run series that it did not have, with empty summaries. */
export function addList(table: SeriesTable, run: Run, added: SeriesList): void {
  const { list, slots } = run
  const known = list.names.length
  if (added.names.length === 0) return
  const keys = new BigUint64Array(known + added.keys.length)
  keys.set(list.keys)
  keys.set(added.keys, known)
  run.list = known === 0 ? added : { names: [...list.names, ...added.names], keys }
  run.slots = new Int32Array(run.list.names.length)
  run.slots.set(slots)
  for (let i = known; i < run.slots.length; i++) run.slots[i] = addSeries(table)
}
