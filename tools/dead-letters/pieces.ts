import type { Block, Integers, MetricSet, RecordFrame, Update } from '../../ingest/record/record.ts'
import { limits } from '../../schema/limits.ts'

/** Some steps of a block, with the number under which its metric set is defined. */
export type Slice = { readonly set: number; readonly block: Block }
/** What goes into one frame; `bytes`: about, and at most. */
export type Piece = {
  readonly sets: [number, MetricSet][]
  readonly slices: Slice[]
  update: Update | undefined
  bytes: number
}

/**
 * Cuts a frame where it is larger than `room` bytes as columns: between blocks, and blocks between steps. The order stays. Metric sets are defined where they
 * are used first, or before.
 */
export function cutFrame(frame: RecordFrame, room: number): Piece[] {
  const fresh = (): Piece => ({ sets: [], slices: [], update: undefined, bytes: 0 })
  const pieces = [fresh()]
  /** The piece that has room for so many more bytes. */
  const pieceFor = (bytes: number): Piece => {
    if (pieces.at(-1)!.bytes > 0 && pieces.at(-1)!.bytes + bytes > room) pieces.push(fresh())
    return pieces.at(-1)!
  }
  if (frame.update) Object.assign(pieces[0]!, { update: frame.update, bytes: updateBytes(frame.update) })
  let numbers = new Map<MetricSet, number>()
  let names = 0
  for (const block of frame.blocks) {
    const { set, count } = block
    if (!numbers.has(set)) {
      if (numbers.size >= limits.setsPerConnection || names + set.names.length > namesAtOnce) {
        if (pieces.at(-1)!.bytes > 0) pieces.push(fresh())
        numbers = new Map()
        names = 0
      }
      names += set.names.length
      numbers.set(set, numbers.size)
      const bytes = set.names.reduce((sum, name) => sum + 5 + Buffer.byteLength(name), 16)
      const piece = pieceFor(bytes)
      piece.sets.push([numbers.get(set)!, set])
      piece.bytes += bytes
    }
    const lists = (block.steps.kind === 'list' ? 8 : 0) + (block.times?.kind === 'list' ? 8 : 0)
    const stepBytes = set.names.length * block.width + lists
    for (let from = 0; from < count; ) {
      const piece = pieceFor(sliceHeadBytes + stepBytes)
      const steps = Math.min(count - from, Math.max(1, Math.floor((room - piece.bytes - sliceHeadBytes) / stepBytes)))
      piece.slices.push({ set: numbers.get(set)!, block: slice(block, from, steps) })
      piece.bytes += sliceHeadBytes + steps * stepBytes
      from += steps
    }
  }
  return pieces
}

const sliceHeadBytes = 64
/** Metric names defined before the numbers of sets begin anew: while new definitions replace the old ones, both count. */
const namesAtOnce = limits.namesPerConnection / 2

function updateBytes({ name = '', params, tags }: Update): number {
  let bytes = 64 + 3 * name.length
  for (const entries of [params, tags]) {
    for (const [key, value] of entries ?? [])
      bytes += 14 + 3 * (key.length + (typeof value === 'string' ? value.length : 3))
  }
  return bytes
}

function slice(block: Block, from: number, count: number): Block {
  if (count === block.count) return block
  const { width, set } = block
  const column = (index: number) =>
    block.values.subarray((index * block.count + from) * width, (index * block.count + from + count) * width)
  const part = (integers: Integers): Integers =>
    integers.kind === 'list'
      ? { kind: 'list', bytes: integers.bytes.subarray(from * 8, (from + count) * 8) }
      : { ...integers, start: integers.start + integers.stride * from }
  const values = Buffer.concat(set.names.map((_, index) => column(index)))
  return { set, count, steps: part(block.steps), times: block.times && part(block.times), width, values }
}
