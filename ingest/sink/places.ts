import { type Codes, placeWidth } from '../store/native-block.ts'
import { fill, putInt64, putOffsets, putSequence } from './copies.ts'
import type { Pieces, Sequences } from './pieces.ts'
import type { PointsBatch } from './points.ts'
import type { Places, Spread, Wide } from './points-columns.ts'

/** Where places are laid out, for the next block again. */
export type PlacesMemory = {
  dictionary: Wide<BigInt64Array>
  readonly codes: ArrayBuffer
  readonly step: Wide<BigInt64Array<ArrayBuffer>>
  readonly time: Wide<BigInt64Array<ArrayBuffer>>
}

/** As the column's type has them. */
const offsetsEnd = 2 ** 16

/** No places yet, with room for so many. */
export function beginPlaces(batches: readonly PointsBatch[], entries: number, memory: PlacesMemory): Places {
  if (memory.dictionary.wide.length < (entries + 1) * placeWidth) {
    const wide = new BigInt64Array(Math.ceil((entries + 1) * 1.25) * placeWidth)
    memory.dictionary = { wide, halves: new Int32Array(wide.buffer) }
  }
  const { wide: dictionary, halves } = memory.dictionary
  return {
    ...{ dictionary, halves, entries: 1, codes: codesFor(entries, memory.codes) },
    steps: spreadOf(
      batches.map(({ pieces }) => pieces.steps),
      memory.step,
    ),
    times: spreadOf(
      batches.map(({ pieces }) => pieces.times),
      memory.time,
    ),
  }
}

function spreadOf(sequences: readonly Sequences[], memory: Wide<BigInt64Array<ArrayBuffer>>): Spread {
  const span = Math.max(...sequences.map((one) => one.span))
  if (span >= offsetsEnd) return { own: memory }
  return span > 0 ? { offsets: new Uint16Array(memory.wide.buffer) } : {}
}

/** What there is of each row. */
export const placeColumns = ({ codes, steps, times }: Places): readonly (Codes | BigInt64Array)[] =>
  [codes, steps.offsets, steps.own?.wide, times.offsets, times.own?.wide].filter((column) => column !== undefined)

/** As wide as the greatest number needs. */
export const codesFor = (greatest: number, memory: ArrayBuffer): Codes =>
  greatest < 65_536 ? new Uint16Array(memory) : new Uint32Array(memory)

/** The rows of one series of a piece, from `row` on. Returns where they end. */
export function putPlace(places: Places, key: bigint, pieces: Pieces, piece: number, row: number): number {
  const { dictionary, halves } = places
  const count = pieces.count[piece]!
  const entry = places.entries++
  const at = placeWidth * entry
  dictionary[at] = key
  putInt64(halves, at + 1, pieces.steps.least[piece]!)
  putInt64(halves, at + 2, pieces.times.least[piece]!)
  halves[2 * at + 6] = pieces.ordLow[piece]!
  halves[2 * at + 7] = pieces.ordHigh[piece]!
  fill(places.codes, entry, row, row + count)
  putSpread(places.steps, row, count, pieces.steps, piece)
  putSpread(places.times, row, count, pieces.times, piece)
  return row + count
}

function putSpread({ offsets, own }: Spread, row: number, count: number, sequences: Sequences, piece: number): void {
  if (offsets) putOffsets(offsets, row, count, sequences, piece)
  if (own) putSequence(own.halves, row, count, sequences, piece)
}
