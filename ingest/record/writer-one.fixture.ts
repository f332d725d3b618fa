/** The writer of records of version 1, so that tests can hold what their reader reads. */
import { createOutput, type Output, putByte, putBytes, putFloat64, putText, putVarint } from '../bytes.ts'
import {
  type Block,
  type FrameBody,
  flagSequence,
  flagUpdate,
  type Integers,
  type MetricSet,
  type RunName,
} from './record.ts'
import { putUpdate } from './update.ts'

type OldWriter = {
  readonly output: Output
  readonly runs: Map<RunName, number>
  readonly sets: Map<MetricSet, number>
  receivedMs: number
  frames: number
}

export type SentFrame = { readonly run: RunName; readonly body: FrameBody; readonly receivedMs: number }

export function recordOne(frames: readonly SentFrame[]): Uint8Array {
  const writer: OldWriter = { output: createOutput(1), runs: new Map(), sets: new Map(), receivedMs: 0, frames: 0 }
  for (const { run, body, receivedMs } of frames) putFrame(writer, run, body, receivedMs)
  return writer.output.bytes.subarray(0, writer.output.at)
}

function putFrame(writer: OldWriter, run: RunName, frame: FrameBody, receivedMs: number): void {
  const { output } = writer
  if (writer.frames === 0) {
    putByte(output, 1)
    putFloat64(output, receivedMs)
    writer.receivedMs = receivedMs
  }
  writer.frames++
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

function putBlock(writer: OldWriter, block: Block): void {
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
