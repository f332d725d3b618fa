import type { Block } from '../../schema/store.ts'
import { decodeValues, valueMemory } from '../../schema/value-codes.ts'
import type { LoggedPoints } from '../reduce/buckets.ts'

/** Rows `from` up to `to` of a block, all of one series; `first` and `last` are the steps of the first and the last of them. */
export type Piece = {
  readonly steps: DataView
  readonly codes: DataView
  readonly from: number
  readonly to: number
  readonly first: number
  readonly last: number
  /** Steps of 32 bits. */
  readonly isNarrow: boolean
}

/** Where the rows of each series lie, by short key. */
export function piecesOf(blocks: readonly Block[]): Map<number, Piece[]> {
  const pieces = new Map<number, Piece[]>()
  for (const { rows, columns } of blocks) {
    const [series, steps, codes] = [columns.get('series')!, columns.get('at')!, columns.get('code')!]
    const isShort = series.byteLength === 2 * rows
    const keyAt = (row: number) => (isShort ? series.getUint16(2 * row, true) : series.getUint32(4 * row, true))
    const isNarrow = steps.byteLength === 4 * rows
    for (let from = 0; from < rows; ) {
      const key = keyAt(from)
      const to = rowBehind(from, rows, keyAt, series)
      const piece = {
        steps,
        codes,
        from,
        to,
        first: stepAt(steps, from, isNarrow),
        last: stepAt(steps, to - 1, isNarrow),
        isNarrow,
      }
      const list = pieces.get(key)
      if (list) list.push(piece)
      else pieces.set(key, [piece])
      from = to
    }
  }
  return pieces
}

/**
 * The first row from `from` on with another key. Rows of a series stand together, so it is looked for in growing strides; that all before have the
 * one key is seen by comparing them with themselves, a row further on.
 */
function rowBehind(from: number, rows: number, keyAt: (row: number) => number, keys: DataView): number {
  const key = keyAt(from)
  let low = from
  let high = from + 1
  while (high < rows && keyAt(high) === key) {
    low = high
    high = Math.min(rows, 2 * high - from)
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (keyAt(middle) === key) low = middle
    else high = middle
  }
  const width = keys.byteLength / rows
  const bytes = (first: number, behind: number) =>
    new Uint8Array(keys.buffer, keys.byteOffset + first * width, (behind - first) * width)
  if (Buffer.compare(bytes(from, high - 1), bytes(from + 1, high)) === 0) return high
  let row = from + 1
  while (keyAt(row) === key) row++
  return row
}

/** Of 32 bits or of 64, which lie within ±2^53. */
const stepAt = (steps: DataView, row: number, isNarrow: boolean) =>
  isNarrow
    ? steps.getInt32(4 * row, true)
    : steps.getInt32(8 * row + 4, true) * 2 ** 32 + steps.getUint32(8 * row, true)

/** Room for the points of one series after the other. */
export type Room = { steps: Float64Array; values: Float64Array }
export const emptyRoom = (): Room => ({ steps: new Float64Array(0), values: new Float64Array(0) })

/**
 * The points of a series in the order of step, then of logging, in a room that the next series uses again. Undefined where pieces lie over each
 * other: which of two points of one step was logged first is not known here.
 */
export function gathered(pieces: Piece[], room: Room): LoggedPoints | undefined {
  pieces.sort((a, b) => a.first - b.first)
  const rows = pieces.reduce((sum, { from, to }) => sum + to - from, 0)
  if (room.steps.length < rows) Object.assign(room, { steps: new Float64Array(rows), values: new Float64Array(rows) })
  const { steps, values } = room
  const valueBytes = new Uint8Array(values.buffer)
  let length = 0
  let before = Number.NEGATIVE_INFINITY
  for (const piece of pieces) {
    if (piece.first <= before) return undefined
    valueBytes.set(bytesOf(piece.codes, piece, 8), 8 * length)
    writeSteps(piece, steps, length)
    length += piece.to - piece.from
    before = piece.last
  }
  const points = { steps: steps.subarray(0, length), values: values.subarray(0, length) }
  const repeats = repeatsOf(points.steps)
  if (repeats === undefined) return undefined
  decodeValues(valueMemory(values), 0, length)
  return { ...points, repeats }
}

const bytesOf = ({ buffer, byteOffset }: DataView, { from, to }: Piece, width: number) =>
  new Uint8Array(buffer, byteOffset + from * width, (to - from) * width)

/** Writes the steps of a piece into `steps` from `at` on. */
function writeSteps(piece: Piece, steps: Float64Array, at: number): void {
  const { from, to } = piece
  if (piece.isNarrow) {
    const bytes = bytesOf(piece.steps, piece, 4)
    // What lies across the words of the memory is copied: that is quicker than to read it from there one by one.
    const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
    steps.set(new Int32Array(buffer, byteOffset, to - from), at)
  } else for (let row = from; row < to; row++) steps[at + row - from] = stepAt(piece.steps, row, false)
}

/** Whether there are several points of one step; undefined when the steps are not in order. */
function repeatsOf(steps: Float64Array): boolean | undefined {
  let repeats = false
  for (let i = 1; i < steps.length; i++) {
    if (steps[i]! > steps[i - 1]!) continue
    if (steps[i]! < steps[i - 1]!) return undefined
    repeats = true
  }
  return repeats
}
