import { limits } from '../../schema/limits.ts'
import { createOutput, type Output, putByte, putBytes, putFloat64, putText, putVarint } from '../bytes.ts'
import {
  type Block,
  type FrameBody,
  flagSequence,
  flagUpdate,
  type Integers,
  type MetricSet,
  recordVersion,
} from './record.ts'
import { putUpdate } from './update.ts'

/** Any object that names a run; the same object stands for the same run within a record. */
export type RunName = { readonly project: string; readonly run: string }

/** A record under construction. */
export type RecordWriter = {
  readonly output: Output
  readonly runs: Map<RunName, number>
  readonly sets: Map<MetricSet, number>
  receivedMs: number
  frames: number
  blocks: number
}

export function createRecordWriter(capacity = 64 * 1024): RecordWriter {
  return { output: createOutput(capacity), runs: new Map(), sets: new Map(), receivedMs: 0, frames: 0, blocks: 0 }
}

export function clearRecord(writer: RecordWriter): void {
  writer.output.at = 0
  writer.runs.clear()
  writer.sets.clear()
  writer.frames = 0
  writer.blocks = 0
}

/** Block numbers a frame takes up: one even without blocks, so that every frame of a record has a number of its own. */
export function blockNumbers(frame: FrameBody): number {
  return Math.max(1, frame.blocks.length)
}

/** Whether a frame still belongs into this record; `frameBytes` as by `frameSize`. */
export function recordHasRoom(writer: RecordWriter, frame: FrameBody, frameBytes: number): boolean {
  if (writer.frames === 0) return true
  return (
    writer.output.at + frameBytes <= limits.recordBytes && writer.blocks + blockNumbers(frame) <= limits.blocksPerRecord
  )
}

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
  for (const entries of [frame.update?.params, frame.update?.tags]) {
    for (const [key, value] of entries ?? [])
      size += 16 + 3 * (key.length + (typeof value === 'string' ? value.length : 8))
  }
  return size
}

const setSizes = new WeakMap<MetricSet, number>()

function setSize(set: MetricSet): number {
  const known = setSizes.get(set)
  if (known !== undefined) return known
  const size = set.names.reduce((sum, name) => sum + 2 + Buffer.byteLength(name), 8)
  setSizes.set(set, size)
  return size
}

export function recordBytes(writer: RecordWriter): Uint8Array {
  return writer.output.bytes.subarray(0, writer.output.at)
}

export function putFrame(writer: RecordWriter, run: RunName, frame: FrameBody, receivedMs: number): void {
  const { output } = writer
  if (writer.frames === 0) {
    putByte(output, recordVersion)
    putFloat64(output, receivedMs)
    writer.receivedMs = receivedMs
  }
  writer.frames++
  writer.blocks += blockNumbers(frame)
  const known = writer.runs.get(run)
  putVarint(output, known ?? 0)
  if (known === undefined) {
    writer.runs.set(run, writer.runs.size + 1)
    putText(output, run.project)
    putText(output, run.run)
  }
  // A clock that is set back within a record must not produce a negative offset.
  putVarint(output, Math.max(0, receivedMs - writer.receivedMs))
  const sequenced = frame.writer !== undefined && frame.seq !== undefined
  putByte(output, (sequenced ? flagSequence : 0) | (frame.update ? flagUpdate : 0))
  if (sequenced) {
    putText(output, frame.writer as string)
    putVarint(output, frame.seq as number)
  }
  if (frame.update) putUpdate(output, frame.update)
  putVarint(output, frame.blocks.length)
  for (const block of frame.blocks) putBlock(writer, block)
}

function putBlock(writer: RecordWriter, block: Block): void {
  const { output } = writer
  const known = writer.sets.get(block.set)
  putVarint(output, known ?? 0)
  if (known === undefined) {
    writer.sets.set(block.set, writer.sets.size + 1)
    putVarint(output, block.set.names.length)
    for (const name of block.set.names) putText(output, name)
  }
  putVarint(output, block.count)
  const timesKind = block.times === undefined ? 0 : block.times.kind === 'range' ? 1 : 2
  putByte(output, (block.steps.kind === 'range' ? 0 : 1) | (timesKind << 1) | (block.width === 8 ? 0 : 8))
  putIntegers(output, block.steps)
  if (block.times) putIntegers(output, block.times)
  putBytes(output, block.values)
}

function putIntegers(output: Output, integers: Integers): void {
  if (integers.kind === 'list') {
    putBytes(output, integers.bytes)
  } else {
    putFloat64(output, integers.start)
    putVarint(output, integers.stride)
  }
}
