import { freeMemory } from '../../schema/freed-memory.ts'
import type { Block, Integers } from '../record/record.ts'
import type { LatePoints } from './late-points.ts'
import {
  clearSequences,
  createGroups,
  createPieces,
  createRunsOfBatch,
  type Groups,
  growGroups,
  growPieces,
  growRuns,
  type Pieces,
  type RunsOfBatch,
} from './pieces.ts'
import { takeRange, takeSequence } from './sequences.ts'
import type { SinkSet } from './sink-set.ts'

/**
 * Points on their way into one block of the table `points`. Their values lie here as they came; everything else is remembered per
 * block of a frame, until `sorted-points.ts` makes the rows, in the order of the primary key. What is remembered lies in flat
 * arrays, found by number: an object per frame that lives until the block is inserted would be copied by the garbage collector.
 */
export type PointsBatch = {
  rows: number
  /** Series after series of each piece; the same memory in halves, so that a NaN can be copied as it is, and in bytes. */
  values: Float64Array
  halves: Int32Array
  bytes: Uint8Array
  readonly pieces: Pieces
  readonly groups: Groups
  readonly runs: RunsOfBatch
  readonly late: LatePoints
  /** No two fillings of any batch have the same number: what a run remembers of an earlier one is void. */
  filling: number
}

/** Whose points these are; what a batch has of it is found again without a look-up. */
export type PointsOwner = { readonly key: bigint; filling: number; numberInFilling: number }

let fillings = 0

export function createPointsBatch(capacity = 1024): PointsBatch {
  return {
    rows: 0,
    ...valuesOf(new Float64Array(capacity)),
    pieces: createPieces(),
    groups: createGroups(),
    runs: createRunsOfBatch(),
    late: new Map(),
    filling: ++fillings,
  }
}

export function clearPoints(batch: PointsBatch): void {
  batch.rows = 0
  batch.pieces.length = 0
  clearSequences(batch.pieces.steps)
  clearSequences(batch.pieces.times)
  batch.groups.length = 0
  batch.groups.sets.length = 0
  batch.runs.length = 0
  batch.late.clear()
  batch.filling = ++fillings
}

/**
 * Takes a block's points over: its values are copied, once.
 * @param offset of its record in the log; the blocks of a run that are in one record come one after the other
 * @returns where its values begin in `batch.values`
 */
export function appendPoints(
  batch: PointsBatch,
  owner: PointsOwner,
  set: SinkSet,
  block: Block,
  receivedMs: number,
  offset: number,
): number {
  const { count } = block
  const valuesAt = batch.rows
  const end = valuesAt + set.names.length * count
  if (end > batch.values.length) growValues(batch, end)
  copyValues(batch, valuesAt, end, block)
  batch.rows = end
  const run = runOf(batch, owner)
  batch.runs.rows[run]! += end - valuesAt
  const piece = addPiece(batch, groupOf(batch, run, set), block.steps, count)
  const { pieces } = batch
  pieces.valuesAt[piece] = valuesAt
  pieces.ordLow[piece] = (offset % 65_536) * 65_536 + placeInRecord(batch.runs, run, offset)
  pieces.ordHigh[piece] = Math.floor(offset / 65_536)
  if (block.times) takeSequence(pieces.times, piece, block.times, count)
  else takeRange(pieces.times, piece, receivedMs, 0, count)
  return valuesAt
}

/**
 * How many blocks of the same run came before it in its record. The number of the block in the record would order the points of a series as
 * well, but it is another one each time, for jobs log in any order: that took 0.4 to 1.4 bytes a point of long series.
 */
function placeInRecord(runs: RunsOfBatch, run: number, offset: number): number {
  if (runs.offset[run] === offset) return ++runs.place[run]!
  runs.offset[run] = offset
  runs.place[run] = 0
  return 0
}

function runOf({ runs, filling }: PointsBatch, owner: PointsOwner): number {
  if (owner.filling === filling) return owner.numberInFilling
  const run = runs.length++
  if (run === runs.rows.length) growRuns(runs)
  runs.keys[run] = owner.key
  runs.firstGroup[run] = -1
  runs.rows[run] = 0
  runs.offset[run] = -1
  owner.filling = filling
  owner.numberInFilling = run
  return run
}

function groupOf({ groups, runs }: PointsBatch, run: number, set: SinkSet): number {
  const { sets } = groups
  const first = runs.firstGroup[run]!
  for (let group = first; group >= 0; group = groups.next[group]!) if (sets[group] === set) return group
  const group = groups.length++
  if (group === groups.rows.length) growGroups(groups)
  sets[group] = set
  groups.firstPiece[group] = -1
  groups.pieces[group] = 0
  groups.rows[group] = 0
  groups.ascending[group] = 1
  groups.next[group] = first
  runs.firstGroup[run] = group
  return group
}

function addPiece({ pieces, groups }: PointsBatch, group: number, steps: Integers, count: number): number {
  const piece = pieces.length++
  if (piece === pieces.next.length) growPieces(pieces)
  takeSequence(pieces.steps, piece, steps, count)
  pieces.count[piece] = count
  pieces.next[piece] = -1
  if (groups.pieces[group]!++ === 0) groups.firstPiece[group] = piece
  else {
    const last = groups.lastPiece[group]!
    pieces.next[last] = piece
    if (pieces.steps.start[piece]! < pieces.steps.start[last]!) groups.ascending[group] = 0
  }
  groups.lastPiece[group] = piece
  groups.rows[group]! += count
  return piece
}

function copyValues(batch: PointsBatch, first: number, end: number, block: Block): void {
  if (block.width === 8) {
    batch.bytes.set(block.values, first * 8)
    return
  }
  const aligned = new Float32Array(end - first)
  new Uint8Array(aligned.buffer).set(block.values)
  batch.values.set(aligned, first)
}

function valuesOf(values: Float64Array): Pick<PointsBatch, 'values' | 'halves' | 'bytes'> {
  return { values, halves: new Int32Array(values.buffer), bytes: new Uint8Array(values.buffer) }
}

function growValues(batch: PointsBatch, needed: number): void {
  const { values } = batch
  const larger = new Float64Array(Math.max(needed, values.length * 2))
  larger.set(values.subarray(0, batch.rows))
  Object.assign(batch, valuesOf(larger))
  freeMemory(values)
}
