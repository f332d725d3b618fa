import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import type { Block, Integers, MetricSet } from '../record/record.ts'
import {
  type Cursor,
  isArrayByte,
  isBinByte,
  isNilByte,
  peekByte,
  readArray,
  readBin,
  readInteger,
  skipValue,
} from './msgpack.ts'

/** The columnar form: `[[set, steps, times, values], …]`; see schema/README.md. Nothing here runs once per point but the check of listed steps. */
export function readColumns(cursor: Cursor, sets: ReadonlyMap<number, MetricSet>): Block[] {
  const count = readArray(cursor, 'cols')
  const blocks: Block[] = []
  for (let i = 0; i < count; i++) blocks.push(readBlock(cursor, sets))
  return blocks
}

function readBlock(cursor: Cursor, sets: ReadonlyMap<number, MetricSet>): Block {
  if (readArray(cursor, 'a block') !== 4) throw new Refusal('wrong_type', 'a block must be [set, steps, times, values]')
  const number = readInteger(cursor, 'the set of a block', 'unknown_set')
  const set = sets.get(number)
  if (!set) throw new Refusal('unknown_set', `metric set ${number} was not defined on this connection`)
  const { steps, count } = readSteps(cursor)
  const times = readTimes(cursor, count)
  const values = readBin(cursor, 'values')
  const points = set.names.length * count
  const width = values.length === points * 8 ? 8 : values.length === points * 4 ? 4 : 0
  if (width === 0) {
    const expected = `${set.names.length} metrics x ${count} steps are ${points * 8} bytes of float64 or ${points * 4} of float32`
    throw new Refusal('unequal_columns', `values have ${values.length} bytes; ${expected}`)
  }
  return { set, count, steps, times, width, values }
}

function readSteps(cursor: Cursor): { steps: Integers; count: number } {
  const byte = peekByte(cursor)
  if (isBinByte(byte)) {
    const bytes = readBin(cursor, 'steps')
    const count = wholeCount(bytes, 'steps')
    if (count === 0) throw new Refusal('unequal_columns', 'a block must have at least one step')
    checkSteps(bytes, count)
    return { steps: { kind: 'list', bytes }, count }
  }
  if (!isArrayByte(byte)) {
    return { steps: { kind: 'range', start: readInteger(cursor, 'step', 'bad_step'), stride: 1 }, count: 1 }
  }
  if (readArray(cursor, 'steps') !== 3)
    throw new Refusal('wrong_type', 'a range of steps must be [start, stride, count]')
  const start = readInteger(cursor, 'start of steps', 'bad_step')
  const stride = readInteger(cursor, 'stride of steps', 'bad_step')
  const count = readInteger(cursor, 'count of steps', 'unequal_columns')
  if (stride < 1) throw new Refusal('step_order', 'the stride of steps must be 1 or more')
  if (count < 1) throw new Refusal('unequal_columns', 'a block must have at least one step')
  // Each step has at least one value of 4 bytes, so a larger count is a lie and never worked with.
  if (count > limits.frameBytes) throw new Refusal('unequal_columns', `${count} steps do not fit in a frame`)
  // start and stride x count may each be exact and their sum not: compare what is left instead.
  if (count > 1 && (limits.stepMagnitude - start) / (count - 1) < stride) {
    throw new Refusal('bad_step', 'the last step of a range is beyond 2^53-1')
  }
  return { steps: { kind: 'range', start, stride }, count }
}

/** Steps as int64: within ±(2^53-1) and strictly increasing. */
function checkSteps(bytes: Buffer, count: number): void {
  let previous = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count; i++) {
    // Exact as long as it is within the range that the next line asks for; monotonic beyond.
    const step = bytes.readInt32LE(i * 8 + 4) * 4_294_967_296 + bytes.readUInt32LE(i * 8)
    if (!Number.isSafeInteger(step)) throw new Refusal('bad_step', `step ${i} of a block is beyond ±(2^53-1)`)
    if (step <= previous) throw new Refusal('step_order', `step ${i} of a block is not above the one before it`)
    previous = step
  }
}

function readTimes(cursor: Cursor, count: number): Integers | undefined {
  const byte = peekByte(cursor)
  if (isNilByte(byte)) {
    skipValue(cursor, 1)
    return undefined
  }
  if (isBinByte(byte)) {
    const bytes = readBin(cursor, 'times')
    if (wholeCount(bytes, 'times') !== count) {
      throw new Refusal('unequal_columns', `${bytes.length / 8} times for ${count} steps`)
    }
    for (let i = 0; i < count; i++) checkTime(bytes.readInt32LE(i * 8 + 4) * 4_294_967_296 + bytes.readUInt32LE(i * 8))
    return { kind: 'list', bytes }
  }
  if (!isArrayByte(byte)) return { kind: 'range', start: checkTime(readInteger(cursor, 'time', 'bad_time')), stride: 0 }
  if (readArray(cursor, 'times') !== 2) throw new Refusal('wrong_type', 'a range of times must be [start, stride]')
  const start = checkTime(readInteger(cursor, 'start of times', 'bad_time'))
  const stride = readInteger(cursor, 'stride of times', 'bad_time')
  if (stride < 0) throw new Refusal('bad_time', 'the stride of times must not be negative')
  checkTime(start + stride * (count - 1))
  return { kind: 'range', start, stride }
}

export function checkTime(ms: number): number {
  if (Number.isInteger(ms) && ms >= limits.timeMinimumMs && ms <= limits.timeMaximumMs) return ms
  throw new Refusal('bad_time', `${ms} is not a time in ms from 1900 to 2299`)
}

function wholeCount(bytes: Buffer, what: string): number {
  if (bytes.length % 8 !== 0)
    throw new Refusal('unequal_columns', `${what} have ${bytes.length} bytes, not a multiple of 8`)
  return bytes.length / 8
}
