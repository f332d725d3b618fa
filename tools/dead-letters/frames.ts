import { createOutput, type Output } from '../../ingest/bytes.ts'
import { readRecord } from '../../ingest/record/reader.ts'
import type { Block, Integers, ParamValue, RecordFrame, Update } from '../../ingest/record/record.ts'
import { type DeadReason, type LetterPlace, replaySeq, replayWriter } from '../../schema/dead-letters.ts'
import { limits } from '../../schema/limits.ts'
import { putBin, putBoolean, putList, putMap, putNil, putNumber, putText } from './msgpack.ts'
import { cutFrame, type Piece } from './pieces.ts'
import { Trouble } from './trouble.ts'

/** The frame that a letter holds. @throws Trouble when the bytes are not a record of one frame */
export function frameOf(bytes: Uint8Array): RecordFrame {
  let frames: RecordFrame[]
  try {
    frames = readRecord(bytes, (_key, names) => ({ names: names() }))
  } catch (error) {
    throw new Trouble(`the letter's frame cannot be read: ${(error as Error).message}`)
  }
  const [frame, ...more] = frames
  if (frame === undefined || more.length > 0)
    throw new Trouble(`the letter holds ${frames.length} frames instead of one`)
  return frame
}

type Identity = LetterPlace & { readonly reason: DeadReason }

/** Whether a frame is a replay of this letter, or a piece of one. */
export function isReplayOf(letter: Identity, { writer, seq }: RecordFrame): boolean {
  const own = replayWriter(letter.partition, letter.reason)
  return seq === replaySeq(letter) && (writer === own || writer?.startsWith(`${own}-`) === true)
}

/** Names of project, run, writer and fields, at most. */
const headBytes = 2_048

/**
 * A letter's frame as the body of a request, in the columnar form: values bit for bit, times of their own where the rows had the time of arrival, as that
 * would be another one now. What was sent as rows, or with metric sets that its connection had defined before, may have become larger
 * than one frame may be: such a letter is sent as several, metric sets first. Each has a writer of its own and the letter's number; the last one has the
 * writer that the letter's state is read from. Sending it again changes nothing.
 * @param frameBytes the largest frame to make
 */
export function replayBody(letter: Identity, frame: RecordFrame, frameBytes: number = limits.frameBytes): Uint8Array {
  const pieces = cutFrame(frame, frameBytes - headBytes)
  const output = createOutput(pieces.reduce((sum, piece) => sum + piece.bytes + headBytes, 8))
  putList(output, pieces.length)
  const writer = replayWriter(letter.partition, letter.reason)
  pieces.forEach((piece, index) => {
    const last = index === pieces.length - 1
    const sequence = { writer: last ? writer : `${writer}-${index + 1}`, seq: replaySeq(letter) }
    // Definitions alone say nothing of the run that could be doubled.
    putFrame(output, frame, piece, last || piece.slices.length > 0 || piece.update ? sequence : undefined)
  })
  return output.bytes.subarray(0, output.at)
}

function putFrame(
  output: Output,
  frame: RecordFrame,
  piece: Piece,
  sequence: { writer: string; seq: number } | undefined,
): void {
  const { sets, slices, update } = piece
  // A frame may have come with nothing but definitions; without even those it would be refused as empty.
  const defines = sets.length > 0 || (slices.length === 0 && !update)
  putMap(output, 2 + (sequence ? 2 : 0) + (update ? 1 : 0) + (defines ? 1 : 0) + (slices.length > 0 ? 1 : 0))
  putText(output, 'project')
  putText(output, frame.run.project)
  putText(output, 'run')
  putText(output, frame.run.run)
  if (sequence) {
    putText(output, 'writer')
    putText(output, sequence.writer)
    putText(output, 'seq')
    putNumber(output, sequence.seq)
  }
  if (update) {
    putText(output, 'update')
    putUpdate(output, update)
  }
  if (defines) {
    putText(output, 'sets')
    putList(output, sets.length)
    for (const [number, { names }] of sets) {
      putList(output, 2)
      putNumber(output, number)
      putList(output, names.length)
      for (const name of names) putText(output, name)
    }
  }
  if (slices.length === 0) return
  putText(output, 'cols')
  putList(output, slices.length)
  for (const { set, block } of slices) {
    putList(output, 4)
    putNumber(output, set)
    putSteps(output, block)
    putTimes(output, block.times ?? { kind: 'range', start: frame.receivedMs, stride: 0 })
    putBin(output, block.values)
  }
}

function putSteps(output: Output, { steps, count }: Block): void {
  if (steps.kind === 'list') putBin(output, steps.bytes)
  else putNumbers(output, [steps.start, steps.stride, count])
}

function putTimes(output: Output, times: Integers): void {
  if (times.kind === 'list') putBin(output, times.bytes)
  else putNumbers(output, [times.start, times.stride])
}

function putNumbers(output: Output, numbers: readonly number[]): void {
  putList(output, numbers.length)
  for (const number of numbers) putNumber(output, number)
}

function putUpdate(output: Output, update: Update): void {
  // An update of no params is kept as one of nothing at all, which no frame may have.
  const fields = Object.keys(update).length > 0 ? Object.entries(update) : [['params', new Map()]]
  putMap(output, fields.length)
  for (const [name, value] of fields as [string, string | ReadonlyMap<string, ParamValue>][]) {
    putText(output, name)
    if (typeof value === 'string') putText(output, value)
    else {
      putMap(output, value.size)
      for (const [key, entry] of value) {
        putText(output, key)
        putEntry(output, entry)
      }
    }
  }
}

function putEntry(output: Output, value: ParamValue): void {
  if (value === null) putNil(output)
  else if (typeof value === 'boolean') putBoolean(output, value)
  else if (typeof value === 'string') putText(output, value)
  else putNumber(output, value)
}
