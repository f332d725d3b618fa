import { limits } from '../../schema/limits.ts'
import type { Integers, MetricSet } from '../record/record.ts'
import { frameSize } from '../record/size.ts'
import type { ConnectionSets } from './connection-sets.ts'
import type { Frame } from './frame.ts'
import type { NameRegistry } from './names.ts'
import type { RunRef } from './run-ref.ts'
import { passKey, passText, type Scan, scanNumber, scanTextLength } from './scan.ts'

/**
 * The fast way for what fast clients send again and again: one block of columns of a run and a writer that were seen before, steps and
 * times as ranges. It makes no texts and but one object, the view of the values. Whatever is not so, or has any fault, is left to
 * `decodeFrame`, which names the fault; `frame.fuzz.ts` holds that both agree.
 */
export type ColumnFrameReader = {
  /** The frame, valid until the next call; undefined: read it the plain way. */
  read(bytes: Uint8Array, connection: ConnectionSets): Frame | undefined
}

type Range = { kind: 'range'; start: number; stride: number }
type OneBlock = {
  set: MetricSet
  count: number
  readonly steps: Range
  times: Integers | undefined
  width: 4 | 8
  values: Uint8Array
}
type OneBlockFrame = {
  run: RunRef
  writer: string | undefined
  seq: number | undefined
  readonly update: undefined
  readonly blocks: readonly [OneBlock]
  points: number
  loggedBytes: number
}

const keyVersion = Buffer.from('v')
const keyProject = Buffer.from('project')
const keyRun = Buffer.from('run')
const keyWriter = Buffer.from('writer')
const keySequence = Buffer.from('seq')
const keyColumns = Buffer.from('cols')
const nil = 0xc0

export function createColumnFrameReader(names: NameRegistry): ColumnFrameReader {
  const scan: Scan = { bytes: new Uint8Array(0), at: 0, end: 0 }
  const times: Range = { kind: 'range', start: 0, stride: 0 }
  const block: OneBlock = {
    set: { names: [] },
    count: 0,
    steps: { kind: 'range', start: 0, stride: 1 },
    times: undefined,
    width: 8,
    values: scan.bytes,
  }
  const frame: OneBlockFrame = {
    run: undefined as unknown as RunRef,
    writer: undefined,
    seq: undefined,
    update: undefined,
    blocks: [block],
    points: 0,
    loggedBytes: 0,
  }

  function readFrame(connection: ConnectionSets): boolean {
    let project = 0
    let projectLength = 0
    let run = 0
    let runLength = 0
    let hasVersion = false
    let hasWriter = false
    let seq = -1
    let hasColumns = false
    for (let pairs = scanPairs(scan); pairs > 0; pairs--) {
      // The length of a key tells which one it may be.
      const header = scan.bytes[scan.at]
      if (header === 0xa3 && passKey(scan, keyRun)) {
        if (runLength > 0) return false
        runLength = scanTextLength(scan)
        run = scan.at
        scan.at += runLength
        if (runLength === 0 || scan.at > scan.end) return false
      } else if (header === 0xa3 && passKey(scan, keySequence)) {
        if (seq >= 0) return false
        seq = scanNumber(scan)
        if (!Number.isSafeInteger(seq) || seq < 0) return false
      } else if (header === 0xa4 && passKey(scan, keyColumns)) {
        if (hasColumns || !readColumns(connection)) return false
        hasColumns = true
      } else if (header === 0xa7 && passKey(scan, keyProject)) {
        if (projectLength > 0) return false
        projectLength = scanTextLength(scan)
        project = scan.at
        scan.at += projectLength
        if (projectLength === 0 || scan.at > scan.end) return false
      } else if (header === 0xa6 && passKey(scan, keyWriter)) {
        if (hasWriter || connection.writer === undefined || !passText(scan, connection.writer)) return false
        hasWriter = true
      } else if (header === 0xa1 && passKey(scan, keyVersion)) {
        if (hasVersion || scanNumber(scan) !== 1) return false
        hasVersion = true
      } else return false
    }
    if (scan.at !== scan.end || !hasColumns || runLength === 0 || projectLength === 0) return false
    if (hasWriter && seq < 0) return false
    const known = names.known.find(scan.bytes, project, projectLength, run, runLength)
    if (known === undefined) return false
    frame.run = known
    frame.writer = hasWriter ? connection.writer : undefined
    frame.seq = seq < 0 ? undefined : seq
    return true
  }

  /** One block: `[[set, steps, times, values]]`. */
  function readColumns(connection: ConnectionSets): boolean {
    const { bytes, at } = scan
    if (at + 2 > scan.end || bytes[at] !== 0x91 || bytes[at + 1] !== 0x94) return false
    scan.at = at + 2
    const number = scanNumber(scan)
    if (number !== connection.lastNumber) {
      connection.lastSet = connection.byNumber.get(number)
      connection.lastNumber = number
    }
    if (connection.lastSet === undefined) return false
    block.set = connection.lastSet
    return readSteps() && readTimes() && readValues()
  }

  function readSteps(): boolean {
    const { steps } = block
    const isRange = scan.at < scan.end && scan.bytes[scan.at] === 0x93
    if (isRange) scan.at++
    steps.start = scanNumber(scan)
    steps.stride = isRange ? scanNumber(scan) : 1
    block.count = isRange ? scanNumber(scan) : 1
    if (!Number.isSafeInteger(steps.start) || !Number.isSafeInteger(steps.stride)) return false
    if (!Number.isInteger(block.count) || block.count < 1 || block.count > limits.frameBytes) return false
    return block.count === 1
      ? steps.stride >= 1
      : steps.stride >= 1 && (limits.stepMagnitude - steps.start) / (block.count - 1) >= steps.stride
  }

  function readTimes(): boolean {
    if (scan.at >= scan.end) return false
    const header = scan.bytes[scan.at]
    if (header === nil) {
      scan.at++
      block.times = undefined
      return true
    }
    if (header === 0x92) scan.at++
    times.start = scanNumber(scan)
    times.stride = header === 0x92 ? scanNumber(scan) : 0
    block.times = times
    if (!Number.isSafeInteger(times.stride) || times.stride < 0) return false
    return isTime(times.start) && isTime(times.start + times.stride * (block.count - 1))
  }

  function readValues(): boolean {
    const { bytes, at } = scan
    if (at + 3 > scan.end) return false
    const isShort = bytes[at] === 0xc4
    if (!isShort && bytes[at] !== 0xc5) return false
    const length = isShort ? bytes[at + 1]! : (bytes[at + 1]! << 8) | bytes[at + 2]!
    const start = at + (isShort ? 2 : 3)
    frame.points = block.set.names.length * block.count
    if (length === frame.points * 8) block.width = 8
    else if (length === frame.points * 4) block.width = 4
    else return false
    if (start + length > scan.end) return false
    block.values = new Uint8Array(bytes.buffer, bytes.byteOffset + start, length)
    scan.at = start + length
    return true
  }

  return {
    read(bytes, connection) {
      scan.bytes = bytes
      scan.at = 0
      scan.end = bytes.length
      if (!readFrame(connection)) return undefined
      frame.loggedBytes = frameSize(frame)
      return frame
    },
  }
}

/** Pairs of a frame's map; 0: it is none, or one that is not read here. */
function scanPairs(scan: Scan): number {
  const { bytes } = scan
  if (scan.end < 3) return 0
  const byte = bytes[0]!
  scan.at = byte === 0xde ? 3 : 1
  if (byte === 0xde) return (bytes[1]! << 8) | bytes[2]!
  return (byte & 0xf0) === 0x80 ? byte & 0x0f : 0
}

function isTime(ms: number): boolean {
  return Number.isInteger(ms) && ms >= limits.timeMinimumMs && ms <= limits.timeMaximumMs
}
