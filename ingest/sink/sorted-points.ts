import { freeArraysOf } from '../../schema/freed-memory.ts'
import { beginScales, encodeSeries } from '../../schema/value-encoding.ts'
import { type Codes, placeWidth } from '../store/native-block.ts'
import { readAhead } from './ahead.ts'
import { copy, fill, putSequence, repeat } from './copies.ts'
import { beginPlaces, codesFor, type PlacesMemory, placeColumns, putPlace } from './places.ts'
import type { PointsBatch } from './points.ts'
import type { Coded, PointsColumns, Wide } from './points-columns.ts'
import { joinRuns, runsByKey } from './run-order.ts'
import type { SinkSet } from './sink-set.ts'

/** Columns with the memory that each new block takes again. */
export type SortedPoints = PointsColumns & {
  places: PointsColumns['places']
  /** Numbers of run, metric and log position: 2 or 4 bytes each, as the dictionary needs. */
  readonly codes: { run: ArrayBuffer; metric: ArrayBuffer; ord: ArrayBuffer }
  /** Where a set's metrics begin in the dictionary. */
  readonly sets: Map<SinkSet, number>
  /** In that of the columns which places replace. */
  readonly placesMemory: PlacesMemory
  /** Pieces go as places where they have so many rows each, all in all. */
  leastRowsPerPlace: number
  /** What the rows of one series have in these, those of another with the same pieces have as well. */
  sameInEachSeries: readonly (BigInt64Array | Codes)[]
}

type Put = { readonly batch: PointsBatch; readonly points: SortedPoints; readonly order: Int32Array }

/** The engine looks up each place of a block, and works out four columns of it: figures for 10 to 100 rows in `bench/RESULTS.md`. */
const worthRows = 32

export function createSortedPoints(capacity = 1024, leastRowsPerPlace = worthRows): SortedPoints {
  const codes = () => new ArrayBuffer(capacity * 4)
  const dictionary = () => ({ dictionary: new BigUint64Array(1), entries: 1, codes: new Uint16Array(0) })
  const column = <T extends BigInt64Array<ArrayBuffer> | Float64Array>(wide: T): Wide<T> => {
    return { wide, halves: new Int32Array(wide.buffer) }
  }
  const memory = { run: codes(), metric: codes(), ord: codes() }
  const step = column(new BigInt64Array(capacity))
  const time = column(new BigInt64Array(capacity))
  return {
    ...{ rows: 0, capacity, runs: 0, codes: memory, step, time },
    ...{ run: dictionary(), metric: dictionary(), ord: dictionary(), places: undefined },
    code: column(new Float64Array(capacity)),
    sets: new Map(),
    placesMemory: { dictionary: column(new BigInt64Array(placeWidth)), codes: memory.ord, step, time },
    leastRowsPerPlace,
    sameInEachSeries: [],
  }
}

/** Columns that nobody reads any more give their memory back, and have some for `capacity` rows, or little until the next block comes. */
export function giveBackSortedPoints(points: SortedPoints, capacity?: number): void {
  const { step, time, code, run, metric, ord } = points
  freeArraysOf(points, points.placesMemory.dictionary, step, time, code, run, metric, ord)
  Object.assign(points, createSortedPoints(capacity, points.leastRowsPerPlace))
}

/**
 * Makes the rows of batches that have no run in common, in the order of the primary key (run, metric, step, ord), so that the store need not
 * sort a million of them. The order is that of runs, of the metrics of a set, and of the frames of a run, each far fewer; so nearly all is copied
 * in bulk. Of a run that repeats steps the rows may come out of order: the store sorts such a block itself. In one go, some 60 ns a row: points
 * wait for this, and nobody waits for the sink's event loop.
 */
export function sortPoints(batches: readonly PointsBatch[], points: SortedPoints): void {
  const sum = (count: (batch: PointsBatch) => number) => batches.reduce((all, batch) => all + count(batch), 0)
  const rows = sum((batch) => batch.rows)
  const allPieces = sum(({ pieces }) => pieces.length)
  // A quarter more, so that blocks that grow a little do not each take memory anew.
  if (rows > points.capacity) giveBackSortedPoints(points, Math.ceil(rows * 1.25))
  points.rows = rows
  const { run, metric, ord, codes } = points
  const joined = joinRuns(batches.map(({ runs }) => runs))
  points.runs = joined.length
  begin(metric, 1 + nameSets(batches, points), codes.metric)
  beginSets(points)
  const areSingle = rows > 0 && batches.every(singleSteps)
  const sharePlaces = rows > 0 && rows >= points.leastRowsPerPlace * allPieces
  const places = sharePlaces ? beginPlaces(batches, allPieces, points.placesMemory) : undefined
  points.places = places
  begin(run, places ? 0 : joined.length, codes.run)
  begin(ord, places ? 0 : allPieces, codes.ord)
  points.sameInEachSeries = places ? placeColumns(places) : [points.step.wide, points.time.wide, ord.codes]
  const order = new Int32Array(Math.max(0, ...batches.map(({ pieces }) => pieces.length)))
  const puts = batches.map((batch): Put => ({ batch, points, order }))
  let row = 0
  const inOrder = runsByKey(joined)
  for (let r = 0; r < joined.length; r++) {
    const joinedNumber = inOrder[r]!
    if (areSingle && r + 1 < joined.length) {
      const next = inOrder[r + 1]!
      const part = joined.part(next)
      readAhead(puts[part]!.batch, next - joined.firsts[part]!)
    }
    const part = joined.part(joinedNumber)
    const number = joinedNumber - joined.firsts[part]!
    const put = puts[part]!
    const { runs, groups } = put.batch
    const end = row + runs.rows[number]!
    if (!places) {
      run.dictionary[run.entries] = runs.keys[number]!
      fill(run.codes, run.entries++, row, end)
    }
    const group = runs.firstGroup[number]!
    if (groups.next[group] === -1) putGroup(put, number, group, row)
    else putGroups(put, number, group, row)
    row = end
  }
}

/** An empty dictionary with room, and codes as wide as it needs. */
function begin(column: Coded<BigUint64Array>, entries: number, memory: ArrayBuffer): void {
  if (column.dictionary.length < entries + 1) column.dictionary = new BigUint64Array((entries + 1) * 2)
  column.entries = 1
  column.codes = codesFor(entries, memory)
}

function singleSteps({ groups }: PointsBatch): boolean {
  for (let group = 0; group < groups.length; group++) if (groups.rows[group] !== groups.pieces[group]) return false
  return true
}

/** Gives each set of the batches its place in the dictionary of metrics. Returns how many entries they take. */
function nameSets(batches: readonly PointsBatch[], { sets }: SortedPoints): number {
  sets.clear()
  let entries = 0
  let previous: SinkSet | undefined
  for (const { groups } of batches) {
    for (let group = 0; group < groups.length; group++) {
      const set = groups.sets[group]!
      if (set === previous || sets.has(set)) continue
      previous = set
      sets.set(set, 1 + entries)
      entries += set.order.length
    }
  }
  return entries
}

/** A set's keys go into the dictionary; scales that the block before did not need are given up. */
function beginSets({ sets, metric }: SortedPoints): void {
  for (const [{ sortedKeys, scales }, at] of sets) {
    metric.dictionary.set(sortedKeys, at)
    metric.entries = at + sortedKeys.length
    beginScales(scales)
  }
}

/** Puts the pieces of a group into `order`, from `at` on, by ascending first step, as they came where that is the same. Returns where they end. */
function orderPieces({ batch: { groups, pieces }, order }: Put, group: number, at: number): number {
  const end = at + groups.pieces[group]!
  let piece = groups.firstPiece[group]!
  for (let p = at; p < end; p++, piece = pieces.next[piece]!) order[p] = piece
  const { start } = pieces.steps
  if (groups.ascending[group] === 0) order.subarray(at, end).sort((a, b) => start[a]! - start[b]! || a - b)
  return end
}

/** All rows of a run that logged with one set: those of the first series, which the others repeat. */
function putGroup(put: Put, run: number, group: number, first: number): void {
  const { batch, points } = put
  const rows = batch.groups.rows[group]!
  const set = batch.groups.sets[group]!
  const { length } = set.order
  const end = first + rows * length
  const pieces = orderPieces(put, group, 0)
  putSteps(put, run, 0, pieces, first)
  for (const column of points.sameInEachSeries) repeat(column, first, rows, end)
  const { codes } = points.metric
  const at = points.sets.get(set)!
  if (rows === 1) for (let i = 0; i < length; i++) codes[first + i] = at + i
  else for (let i = 0; i < length; i++) fill(codes, at + i, first + i * rows, first + (i + 1) * rows)
  if (rows === pieces) putSingleValues(put, set, pieces, first)
  else for (let i = 0; i < length; i++) putValues(put, 0, pieces, set.order[i]!, first + i * rows)
  encodeSeries(points.code, first, rows, set.scales, 0, length)
}

/** The values of pieces of one step each. */
function putSingleValues({ batch, points, order }: Put, set: SinkSet, pieces: number, first: number): void {
  const from = batch.halves
  const to = points.code.halves
  const series = set.order
  const { valuesAt } = batch.pieces
  for (let p = 0; p < pieces; p++) {
    const at = 2 * valuesAt[order[p]!]!
    let row = 2 * (first + p)
    for (let i = 0; i < series.length; i++) {
      const value = at + 2 * series[i]!
      to[row] = from[value]!
      to[row + 1] = from[value + 1]!
      row += 2 * pieces
    }
  }
}

/** The rows of a run that logged with several sets: series by series, whichever set the next one is from. */
function putGroups(put: Put, run: number, firstGroup: number, first: number): void {
  const { batch, points } = put
  const numbers: number[] = []
  for (let group = firstGroup; group >= 0; group = batch.groups.next[group]!) numbers.push(group)
  const sets = numbers.map((group) => batch.groups.sets[group]!)
  const next = numbers.map(() => 0)
  /** Where a group's pieces end in `order`; they begin where those of the one before end. */
  const ends: number[] = []
  for (const group of numbers) ends.push(orderPieces(put, group, ends.at(-1) ?? 0))
  /** Where a group's steps are, once they have been put. */
  const stepsAt = numbers.map(() => -1)
  let row = first
  for (;;) {
    let least = -1
    for (let g = 0; g < sets.length; g++) {
      if (next[g] === sets[g]!.order.length) continue
      if (least < 0 || sets[g]!.sortedKeys[next[g]!]! < sets[least]!.sortedKeys[next[least]!]!) least = g
    }
    if (least < 0) return
    const rows = batch.groups.rows[numbers[least]!]!
    const i = next[least]!++
    const end = row + rows
    const [begin, stop] = [ends[least - 1] ?? 0, ends[least]!]
    const from = stepsAt[least]!
    if (from < 0) {
      putSteps(put, run, begin, stop, row)
      stepsAt[least] = row
    } else {
      for (const column of points.sameInEachSeries) column.copyWithin(row, from, from + rows)
    }
    fill(points.metric.codes, points.sets.get(sets[least]!)! + i, row, end)
    putValues(put, begin, stop, sets[least]!.order[i]!, row)
    encodeSeries(points.code, row, rows, sets[least]!.scales, i, i + 1)
    row = end
  }
}

/** What the rows of one series have besides its metric and values; its pieces are in `order` from `begin` to `stop`. */
function putSteps(put: Put, run: number, begin: number, stop: number, first: number): void {
  const { batch, points, order } = put
  const { pieces } = batch
  const { step, time, ord, places } = points
  let row = first
  if (places) {
    const key = batch.runs.keys[run]!
    for (let p = begin; p < stop; p++) row = putPlace(places, key, pieces, order[p]!, row)
    return
  }
  const dictionary = new Uint32Array(ord.dictionary.buffer)
  for (let p = begin; p < stop; p++) {
    const piece = order[p]!
    const steps = pieces.count[piece]!
    const entry = ord.entries++
    dictionary[2 * entry] = pieces.ordLow[piece]!
    dictionary[2 * entry + 1] = pieces.ordHigh[piece]!
    fill(ord.codes, entry, row, row + steps)
    putSequence(step.halves, row, steps, pieces.steps, piece)
    putSequence(time.halves, row, steps, pieces.times, piece)
    row += steps
  }
}

function putValues({ batch, points, order }: Put, begin: number, stop: number, series: number, first: number): void {
  const { count, valuesAt } = batch.pieces
  let row = first
  for (let p = begin; p < stop; p++) {
    const piece = order[p]!
    copy(points.code.halves, row, batch.halves, valuesAt[piece]! + series * count[piece]!, count[piece]!)
    row += count[piece]!
  }
}
