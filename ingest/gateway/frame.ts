import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import type { Block, FrameBody } from '../record/record.ts'
import { frameSize } from '../record/size.ts'
import { readColumns } from './columns.ts'
import { type ConnectionSets, createConnectionSets, readSets, releaseConnectionSets } from './connection-sets.ts'
import { readLog } from './log-rows.ts'
import {
  type Cursor,
  cursorOf,
  isArrayByte,
  isNilByte,
  peekByte,
  readArray,
  readInteger,
  readMap,
  readString,
  skipValue,
  textSpan,
} from './msgpack.ts'
import { checkName, type NameRegistry } from './names.ts'
import type { RunRef } from './run-ref.ts'
import { readUpdate } from './update.ts'

export type Frame = FrameBody & {
  readonly run: RunRef
  readonly points: number
  /** Bytes it takes in the log at most. */
  readonly loggedBytes: number
}

/** Where each field's value begins; 0 for absent, which no value can be: the map's header is there. */
type Fields = {
  v: number
  project: number
  run: number
  writer: number
  seq: number
  update: number
  log: number
  sets: number
  cols: number
}

/**
 * Reads one frame, checking everything that can be wrong with it. Step, time and value bytes of the columnar form are
 * views of `bytes`.
 * @throws Refusal naming what is wrong; the frame's sets stay defined unless its structure or they are at fault
 */
export function decodeFrame(bytes: Buffer, names: NameRegistry, connection: ConnectionSets): Frame {
  const cursor = cursorOf(bytes)
  const frame = readFrame(cursor, names, connection)
  if (cursor.at !== cursor.end) throw new Refusal('malformed_msgpack', 'there are bytes behind the frame')
  return frame
}

/** The frames of a body: one frame or a list of frames. `onFault` hears which frame is being read when a refusal is thrown. */
export function decodeFrames(bytes: Buffer, names: NameRegistry, onFault: (index: number) => void): Frame[] {
  const cursor = cursorOf(bytes)
  const connection = createConnectionSets()
  const isList = isArrayByte(peekByte(cursor))
  const count = isList ? readArray(cursor, 'the body') : 1
  if (count > limits.framesPerBody) {
    throw new Refusal('too_many_frames', `the body has ${count} frames; the limit is ${limits.framesPerBody}`)
  }
  if (count === 0) throw new Refusal('empty_frame', 'the body is an empty list')
  const frames: Frame[] = []
  try {
    for (let i = 0; i < count; i++) {
      if (isList) onFault(i)
      const start = cursor.at
      frames.push(readFrame(cursor, names, connection))
      if (cursor.at - start > limits.frameBytes) throw tooLarge(cursor.at - start)
    }
  } finally {
    releaseConnectionSets(connection, names)
  }
  if (cursor.at !== cursor.end) throw new Refusal('malformed_msgpack', 'there are bytes behind the last frame')
  return frames
}

export function tooLarge(bytes: number): Refusal {
  return new Refusal('frame_too_large', `the frame has ${bytes} bytes; the limit is ${limits.frameBytes}`)
}

function readFrame(cursor: Cursor, names: NameRegistry, connection: ConnectionSets): Frame {
  const fields = findFields(cursor)
  const end = cursor.at
  if (fields.sets !== 0) readSets(moveTo(cursor, fields.sets), names, connection)
  const project = readString(fieldAt(cursor, fields.project, 'project'), 'project', 'bad_project')
  const runName = readString(fieldAt(cursor, fields.run, 'run'), 'run', 'bad_run')
  const run = names.run(project, runName)
  const sequence = readSequence(cursor, fields)
  if (fields.cols !== 0) remember(cursor.bytes, fields, names, connection, run, sequence.writer)
  const update = fields.update === 0 ? undefined : readUpdate(moveTo(cursor, fields.update))
  const rows = fields.log === 0 ? [] : readLog(moveTo(cursor, fields.log), names)
  const columns = fields.cols === 0 ? [] : readColumns(moveTo(cursor, fields.cols), connection.byNumber)
  const blocks = rows.length === 0 ? columns : [...rows, ...columns]
  if (blocks.length === 0 && !update && fields.sets === 0) throw new Refusal('empty_frame')
  cursor.at = end
  const { writer, seq } = sequence
  const loggedBytes = frameSize({ writer, seq, update, blocks })
  return { run, writer, seq, update, blocks, points: countPoints(blocks), loggedBytes }
}

/** So that the next frame like it can be read the fast way, by `column-frame.ts`. */
function remember(
  bytes: Buffer,
  { project, run }: Fields,
  { known }: NameRegistry,
  connection: ConnectionSets,
  ref: RunRef,
  writer: string | undefined,
): void {
  connection.writer = writer
  const p = textSpan(bytes, project)
  const r = textSpan(bytes, run)
  if (known.find(bytes, p.start, p.end - p.start, r.start, r.end - r.start) === undefined)
    known.add(bytes, p.start, p.end - p.start, r.start, r.end - r.start, ref)
}

function countPoints(blocks: readonly Block[]): number {
  let points = 0
  for (const block of blocks) points += block.set.names.length * block.count
  return points
}

/** One pass over the frame: checks its structure to the last byte and notes where each field's value is. */
function findFields(cursor: Cursor): Fields {
  const fields: Fields = { v: 0, project: 0, run: 0, writer: 0, seq: 0, update: 0, log: 0, sets: 0, cols: 0 }
  const pairs = readMap(cursor, 'a frame')
  for (let i = 0; i < pairs; i++) {
    const key = readString(cursor, 'a field name')
    if (!Object.hasOwn(fields, key))
      throw new Refusal('unknown_field', `a frame has no field ${JSON.stringify(key.slice(0, 64))}`)
    const name = key as keyof Fields
    if (fields[name] !== 0) throw new Refusal('unknown_field', `the field ${name} is there twice`)
    fields[name] = isNilByte(peekByte(cursor)) ? 0 : cursor.at
    skipValue(cursor, 1)
  }
  if (fields.v !== 0) {
    const end = cursor.at
    const version = readInteger(moveTo(cursor, fields.v), 'v', 'unknown_version')
    if (version !== 1)
      throw new Refusal('unknown_version', `frame version ${version} is not known; this server reads version 1`)
    cursor.at = end
  }
  return fields
}

/** The `seq` of a frame that was refused, as far as it can still be read, so that its sender knows which one it was. */
export function salvageSeq(bytes: Buffer): number | null {
  try {
    const cursor = cursorOf(bytes)
    for (let pairs = readMap(cursor, 'a frame'); pairs > 0; pairs--) {
      if (readString(cursor, 'a field name') === 'seq') return readInteger(cursor, 'seq', 'bad_writer')
      skipValue(cursor, 1)
    }
  } catch {
    // Then it has none.
  }
  return null
}

function moveTo(cursor: Cursor, at: number): Cursor {
  cursor.at = at
  return cursor
}

function fieldAt(cursor: Cursor, at: number, name: string): Cursor {
  if (at === 0) throw new Refusal('missing_field', `the frame has no ${name}`)
  return moveTo(cursor, at)
}

function readSequence(cursor: Cursor, fields: Fields): { writer: string | undefined; seq: number | undefined } {
  const seq = fields.seq === 0 ? undefined : readInteger(moveTo(cursor, fields.seq), 'seq', 'bad_writer')
  if (seq !== undefined && seq < 0) throw new Refusal('bad_writer', 'seq must not be negative')
  if (fields.writer === 0) return { writer: undefined, seq }
  const writer = readString(moveTo(cursor, fields.writer), 'writer', 'bad_writer')
  checkName(writer, limits.writerCharacters, 'bad_writer', 'writer')
  if (seq === undefined) throw new Refusal('bad_writer', 'a frame with a writer must have a seq')
  return { writer, seq }
}
