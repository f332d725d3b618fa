import type { Block, Integers } from '../record/record.ts'
import type { SinkSet } from './runs.ts'

/**
 * Points on their way into one block of the table `points`. Their values lie here as they came; everything else is remembered per
 * block of a frame, until `sorted-points.ts` makes the rows, in the order of the primary key.
 */
export type PointsBatch = {
  rows: number
  /** Series after series of each piece; and the same memory in halves, so that a NaN can be copied as it is. */
  values: Float64Array
  halves: Int32Array
  /** What there is of each run. */
  readonly runs: RunPoints[]
}

/** Of one run: what it logged with each of its metric sets. */
export type RunPoints = {
  readonly batch: PointsBatch
  readonly key: bigint
  readonly groups: Group[]
}

export type Group = {
  readonly set: SinkSet
  /** In order of arrival. */
  readonly pieces: Piece[]
  /** Of one series: the steps of all pieces. */
  rows: number
}

/** One block of a frame. */
export type Piece = {
  readonly count: number
  readonly steps: Integers
  readonly times: Integers
  /** Where its values begin. */
  readonly valuesAt: number
  readonly ordHigh: number
  readonly ordLow: number
}

/** Whose points these are; what a batch has of it is found again without a look-up. */
export type PointsOwner = { readonly key: bigint; inBatch: RunPoints | undefined }

export function createPointsBatch(capacity = 1024): PointsBatch {
  const values = new Float64Array(capacity)
  return { rows: 0, values, halves: new Int32Array(values.buffer), runs: [] }
}

export function clearPoints(batch: PointsBatch): void {
  batch.rows = 0
  // A run keeps what it last had: it must not be taken for what the batch has next.
  for (const run of batch.runs) run.groups.length = 0
  batch.runs.length = 0
}

/**
 * Takes a block's points over: its values are copied, once.
 * @param ordinal number of the block within its record, at `offset` of the log
 * @returns where its values begin in `batch.values`
 */
export function appendPoints(
  batch: PointsBatch,
  owner: PointsOwner,
  set: SinkSet,
  block: Block,
  receivedMs: number,
  offset: number,
  ordinal: number,
): number {
  const { count, steps, times } = block
  const valuesAt = batch.rows
  const end = valuesAt + set.names.length * count
  if (end > batch.values.length) grow(batch, end)
  copyValues(batch.values, valuesAt, end, block)
  batch.rows = end
  const group = groupOf(batch, owner, set)
  group.rows += count
  group.pieces.push({
    count,
    steps: keep(steps),
    times: times ? keep(times) : { kind: 'range', start: receivedMs, stride: 0 },
    valuesAt,
    // offset * 65536 + ordinal, in halves.
    ordHigh: Math.floor(offset / 65_536),
    ordLow: ((offset % 65_536) * 65_536 + ordinal) | 0,
  })
  return valuesAt
}

function groupOf(batch: PointsBatch, owner: PointsOwner, set: SinkSet): Group {
  let run = owner.inBatch
  if (run === undefined || run.batch !== batch || run.groups.length === 0) {
    run = { batch, key: owner.key, groups: [] }
    owner.inBatch = run
    batch.runs.push(run)
  }
  for (const group of run.groups) if (group.set === set) return group
  const group: Group = { set, pieces: [], rows: 0 }
  run.groups.push(group)
  return group
}

/** The record's bytes are another's soon. */
function keep(integers: Integers): Integers {
  return integers.kind === 'range' ? integers : { kind: 'list', bytes: Uint8Array.from(integers.bytes) }
}

function copyValues(values: Float64Array, first: number, end: number, block: Block): void {
  if (block.width === 8) {
    new Uint8Array(values.buffer).set(block.values, first * 8)
    return
  }
  const aligned = new Float32Array(end - first)
  new Uint8Array(aligned.buffer).set(block.values)
  values.set(aligned, first)
}

function grow(batch: PointsBatch, needed: number): void {
  const larger = new Float64Array(Math.max(needed, batch.values.length * 2))
  larger.set(batch.values.subarray(0, batch.rows))
  batch.values = larger
  batch.halves = new Int32Array(larger.buffer)
}
