import { limits } from '../../schema/limits.ts'
import { createOutput, putByte, putBytes, putFloat64, putText, putVarint } from '../bytes.ts'
import {
  type Block,
  type FrameBody,
  flagOneBlock,
  flagSequence,
  flagUpdate,
  type Integers,
  kindFloat32,
  kindFloatTime,
  kindNegative,
  kindSameSet,
  type MetricSet,
  type RunName,
  recordVersion,
  stepsList,
  stepsOne,
  stepsRange,
  timesList,
  timesRange,
  timesReceived,
  timesSame,
} from './record.ts'
import { placeOf, putSource, type SourceWriter } from './sources.ts'
import { putUpdate } from './update.ts'

/** A record under construction. */
export type RecordWriter = SourceWriter & {
  readonly sets: Map<MetricSet, number>
  lastSet: MetricSet | undefined
  receivedMs: number
  lastTimeMs: number
  frames: number
  blocks: number
}

let serials = 0

export function createRecordWriter(capacity = 64 * 1024): RecordWriter {
  return {
    output: createOutput(capacity),
    serial: ++serials,
    sources: 0,
    places: new Map(),
    names: new Map(),
    sets: new Map(),
    lastSet: undefined,
    receivedMs: 0,
    lastTimeMs: 0,
    frames: 0,
    blocks: 0,
  }
}

export function clearRecord(writer: RecordWriter): void {
  writer.output.at = 0
  writer.serial = ++serials
  writer.sources = 0
  writer.places.clear()
  writer.names.clear()
  writer.sets.clear()
  writer.lastSet = undefined
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

export function recordBytes(writer: RecordWriter): Uint8Array {
  return writer.output.bytes.subarray(0, writer.output.at)
}

export function putFrame(
  writer: RecordWriter,
  run: RunName,
  frame: FrameBody,
  receivedMs: number,
  place = placeOf(writer, run),
): void {
  const { output } = writer
  const { blocks, update } = frame
  if (writer.frames === 0) {
    putByte(output, recordVersion)
    putFloat64(output, receivedMs)
    writer.receivedMs = receivedMs
    writer.lastTimeMs = receivedMs
  }
  writer.frames++
  writer.blocks += blockNumbers(frame)
  const sequenced = frame.writer !== undefined && frame.seq !== undefined
  putSource(writer, run, sequenced ? frame.writer : undefined, place)
  putByte(output, (sequenced ? flagSequence : 0) | (update ? flagUpdate : 0) | (blocks.length === 1 ? flagOneBlock : 0))
  // A clock that is set back within a record must not produce a negative offset.
  const laterMs = Math.max(0, receivedMs - writer.receivedMs)
  putVarint(output, laterMs)
  writer.receivedMs += laterMs
  if (sequenced) putVarint(output, frame.seq as number)
  if (update) putUpdate(output, update)
  if (blocks.length !== 1) putVarint(output, blocks.length)
  for (let i = 0; i < blocks.length; i++) putBlock(writer, blocks[i]!)
}

function putBlock(writer: RecordWriter, block: Block): void {
  const { output } = writer
  const { set, steps, times, count } = block
  const isSameSet = set === writer.lastSet
  const stepsKind = steps.kind === 'list' ? stepsList : count === 1 && steps.stride === 1 ? stepsOne : stepsRange
  let kinds = stepsKind | (timesKind(times) << 2)
  if (block.width === 4) kinds |= kindFloat32
  if (isSameSet) kinds |= kindSameSet
  if (steps.kind === 'range' && steps.start < 0) kinds |= kindNegative
  const difference = times?.kind === 'range' ? times.start - writer.lastTimeMs : 0
  const isFloatTime = !(Number.isInteger(difference) && Math.abs(difference) < largestDifference)
  if (isFloatTime) kinds |= kindFloatTime
  putByte(output, kinds)
  if (!isSameSet) putSet(writer, set)
  if (steps.kind === 'list') {
    putVarint(output, count)
    putBytes(output, steps.bytes)
  } else {
    putVarint(output, Math.abs(steps.start))
    if (stepsKind === stepsRange) {
      putVarint(output, steps.stride)
      putVarint(output, count)
    }
  }
  if (times?.kind === 'list') putBytes(output, times.bytes)
  else if (times !== undefined) {
    if (isFloatTime) putFloat64(output, times.start)
    else putVarint(output, difference < 0 ? -2 * difference - 1 : 2 * difference)
    if (times.stride !== 0) putVarint(output, times.stride)
    writer.lastTimeMs = times.start
  }
  putBytes(output, block.values)
}

/** A difference is doubled to make room for its sign, and must stay exact. */
const largestDifference = 2 ** 51

function timesKind(times: Integers | undefined): number {
  if (times === undefined) return timesReceived
  if (times.kind === 'list') return timesList
  return times.stride === 0 ? timesSame : timesRange
}

function putSet(writer: RecordWriter, set: MetricSet): void {
  const { output, sets } = writer
  writer.lastSet = set
  const known = sets.get(set)
  putVarint(output, known ?? 0)
  if (known !== undefined) return
  sets.set(set, sets.size + 1)
  putVarint(output, set.names.length)
  for (const name of set.names) putText(output, name)
}
