import { freeMemory } from '../../schema/freed-memory.ts'
import type { SinkSet } from './sink-set.ts'

/** What a batch remembers of its points beside their values, in flat arrays that grow; `points.ts` fills them. */
/** A block of a frame. */
export type Pieces = {
  length: number
  /** The next piece of its group, in order of arrival; -1: none. */
  next: Int32Array
  count: Int32Array
  /** Where its values begin. */
  valuesAt: Int32Array
  /** offset * 65536 + how many blocks of the run came before it in the record, in halves. */
  ordLow: Int32Array
  ordHigh: Int32Array
  steps: Sequences
  times: Sequences
}

/** By piece: an arithmetic range, or a list. */
export type Sequences = {
  start: Float64Array
  stride: Float64Array
  /** Number of its list; -1: a range. */
  list: Int32Array
  readonly lists: Uint8Array[]
  /** The least number. */
  least: Float64Array
  /** From the least to the greatest number of a piece: the longest way. */
  span: number
}

/** What a run logged with one of its metric sets. */
export type Groups = {
  length: number
  readonly sets: SinkSet[]
  firstPiece: Int32Array
  lastPiece: Int32Array
  pieces: Int32Array
  /** Of one series: the steps of all pieces. */
  rows: Int32Array
  /** 1: each piece begins at a higher step than the one before, or at the same. */
  ascending: Uint8Array
  /** The next group of its run; -1: none. */
  next: Int32Array
}

export type RunsOfBatch = {
  length: number
  keys: BigUint64Array
  firstGroup: Int32Array
  rows: Int32Array
  /** Where in the log the last block was, and how many of its record came before that one. */
  offset: Float64Array
  place: Int32Array
}

const room = 16
const numbers = () => new Int32Array(room)

export function createPieces(): Pieces {
  const sequences = (): Sequences => {
    const floats = () => new Float64Array(room)
    return { start: floats(), stride: floats(), list: numbers(), lists: [], least: floats(), span: 0 }
  }
  return {
    ...{ length: 0, next: numbers(), count: numbers(), valuesAt: numbers(), ordLow: numbers(), ordHigh: numbers() },
    ...{ steps: sequences(), times: sequences() },
  }
}

export function clearSequences(sequences: Sequences): void {
  sequences.lists.length = 0
  sequences.span = 0
}

export function createGroups(): Groups {
  return {
    ...{ length: 0, sets: [], firstPiece: numbers(), lastPiece: numbers(), pieces: numbers(), rows: numbers() },
    ...{ ascending: new Uint8Array(room), next: numbers() },
  }
}

export function createRunsOfBatch(): RunsOfBatch {
  return {
    ...{ length: 0, keys: new BigUint64Array(room), firstGroup: numbers(), rows: numbers() },
    ...{ offset: new Float64Array(room), place: numbers() },
  }
}

type Numbers = Int32Array | Float64Array | Uint8Array | BigUint64Array

/** The same numbers, and room for as many again. The memory that they had is free. */
function twice<T extends Numbers>(numbers: T): T {
  const larger = new (numbers.constructor as new (length: number) => T)(numbers.length * 2)
  larger.set(numbers as never)
  freeMemory(numbers)
  return larger
}

export function growPieces(pieces: Pieces): void {
  pieces.next = twice(pieces.next)
  pieces.count = twice(pieces.count)
  pieces.valuesAt = twice(pieces.valuesAt)
  pieces.ordLow = twice(pieces.ordLow)
  pieces.ordHigh = twice(pieces.ordHigh)
  for (const sequences of [pieces.steps, pieces.times]) {
    sequences.start = twice(sequences.start)
    sequences.stride = twice(sequences.stride)
    sequences.list = twice(sequences.list)
    sequences.least = twice(sequences.least)
  }
}

export function growGroups(groups: Groups): void {
  groups.firstPiece = twice(groups.firstPiece)
  groups.lastPiece = twice(groups.lastPiece)
  groups.pieces = twice(groups.pieces)
  groups.rows = twice(groups.rows)
  groups.ascending = twice(groups.ascending)
  groups.next = twice(groups.next)
}

export function growRuns(runs: RunsOfBatch): void {
  runs.keys = twice(runs.keys)
  runs.firstGroup = twice(runs.firstGroup)
  runs.rows = twice(runs.rows)
  runs.offset = twice(runs.offset)
  runs.place = twice(runs.place)
}
