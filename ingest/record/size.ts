import type { FrameBody, MetricSet } from './record.ts'

/** Room for the texts that name project, run and writer, and for the numbers around them. */
const headBytes = 2_048
const blockHeadBytes = 64

/** Bytes that a frame adds to a record at most: as if the record knew none of the names in it. */
export function frameSize(frame: FrameBody): number {
  let size = headBytes
  for (const block of frame.blocks) {
    size += blockHeadBytes + setSize(block.set) + block.values.length
    if (block.steps.kind === 'list') size += block.steps.bytes.length
    if (block.times?.kind === 'list') size += block.times.bytes.length
  }
  if (frame.update === undefined) return size
  for (const entries of [frame.update.params, frame.update.tags]) {
    for (const [key, value] of entries ?? [])
      size += 16 + 3 * (key.length + (typeof value === 'string' ? value.length : 8))
  }
  return size
}

const setSizes = new WeakMap<MetricSet, number>()
/** Frame after frame has the same. */
let lastSized: MetricSet | undefined
let lastSize = 0

function setSize(set: MetricSet): number {
  if (set === lastSized) return lastSize
  lastSize = setSizes.get(set) ?? set.names.reduce((sum, name) => sum + 2 + Buffer.byteLength(name), 8)
  lastSized = set
  setSizes.set(set, lastSize)
  return lastSize
}
