import { type Input, inputOf, skip, takeByte, takeBytes, takeFloat64, takeText, takeVarint } from '../bytes.ts'
import { readRecordOne } from './reader-one.ts'
import {
  type Block,
  flagOneBlock,
  flagSequence,
  flagUpdate,
  type Integers,
  kindFloat32,
  kindFloatTime,
  kindNegative,
  kindSameSet,
  type MetricSet,
  type RecordFrame,
  type RunName,
  recordVersion,
  stepsList,
  stepsOne,
  timesList,
  timesReceived,
  timesSame,
} from './record.ts'
import { defined, type Intern, takeSet } from './sets.ts'
import { takeUpdate } from './update.ts'

/** Gives the object that names a run, whose id is `bytes` from `at` on. */
export type NameRun = (project: string, bytes: Buffer, at: number, length: number) => RunName

const plainName: NameRun = (project, bytes, at, length) => ({ project, run: bytes.toString('utf8', at, at + length) })

/** Who sent a frame. */
type Source = { readonly run: RunName; readonly writer: string | undefined }

/** What a record has defined so far. */
type Definitions = {
  readonly intern: Intern
  readonly nameRun: NameRun
  readonly sources: Source[]
  readonly names: string[]
  readonly sets: MetricSet[]
  lastSet: MetricSet | undefined
  lastTimeMs: number
}

/**
 * Takes a record apart. Texts and ranges are copied; step, time and value bytes are views of `payload`.
 * @throws RangeError when the bytes are not a record of a known version
 */
export function readRecord(payload: Uint8Array, intern: Intern, nameRun: NameRun = plainName): RecordFrame[] {
  const input = inputOf(payload)
  const version = takeByte(input)
  if (version === 1) return readRecordOne(input, intern)
  if (version !== recordVersion) throw new RangeError(`record version ${version} is not known`)
  let receivedMs = takeFloat64(input)
  const known: Definitions = {
    intern,
    nameRun,
    sources: [],
    names: [],
    sets: [],
    lastSet: undefined,
    lastTimeMs: receivedMs,
  }
  const frames: RecordFrame[] = []
  while (input.at < payload.length) {
    const source = takeVarint(input)
    const { run, writer } = source === 0 ? takeSource(input, known) : defined(known.sources, source)
    const flags = takeByte(input)
    receivedMs += takeVarint(input)
    const isSequenced = (flags & flagSequence) !== 0
    if (isSequenced && writer === undefined) throw new RangeError('a frame has a seq and no writer')
    const seq = isSequenced ? takeVarint(input) : undefined
    const update = flags & flagUpdate ? takeUpdate(input) : undefined
    const count = flags & flagOneBlock ? 1 : takeVarint(input)
    const blocks: Block[] = []
    for (let i = 0; i < count; i++) blocks.push(takeBlock(input, known))
    frames.push({ run, receivedMs, writer: isSequenced ? writer : undefined, seq, update, blocks })
  }
  return frames
}

function takeSource(input: Input, known: Definitions): Source {
  const project = takeName(input, known, takeVarint(input))
  const length = takeVarint(input)
  const run = known.nameRun(project, input.bytes, skip(input, length), length)
  const writer = takeVarint(input)
  const source = { run, writer: writer === 0 ? undefined : takeName(input, known, writer - 1) }
  known.sources.push(source)
  return source
}

function takeName(input: Input, { names }: Definitions, index: number): string {
  if (index > 0) return defined(names, index)
  const name = takeText(input)
  names.push(name)
  return name
}

function takeBlock(input: Input, known: Definitions): Block {
  const kinds = takeByte(input)
  const set = kinds & kindSameSet ? known.lastSet : takeSetOf(input, known)
  if (set === undefined) throw new RangeError('record refers to a set it does not have')
  const stepsKind = kinds & 3
  if (stepsKind > stepsList) throw new RangeError('a block has steps of no known kind')
  let count = 1
  let steps: Integers
  if (stepsKind === stepsList) {
    count = takeVarint(input)
    steps = { kind: 'list', bytes: takeBytes(input, count * 8) }
  } else {
    const start = takeVarint(input)
    const stride = stepsKind === stepsOne ? 1 : takeVarint(input)
    if (stepsKind !== stepsOne) count = takeVarint(input)
    steps = { kind: 'range', start: kinds & kindNegative ? -start : start, stride }
  }
  const times = takeTimes(input, known, kinds, count)
  const width = kinds & kindFloat32 ? 4 : 8
  return { set, count, steps, times, width, values: takeBytes(input, set.names.length * count * width) }
}

function takeSetOf(input: Input, known: Definitions): MetricSet {
  const index = takeVarint(input)
  const set = index > 0 ? defined(known.sets, index) : takeSet(input, known.intern)
  if (index === 0) known.sets.push(set)
  known.lastSet = set
  return set
}

function takeTimes(input: Input, known: Definitions, kinds: number, count: number): Integers | undefined {
  const kind = (kinds >> 2) & 3
  if (kind === timesReceived) return undefined
  if (kind === timesList) return { kind: 'list', bytes: takeBytes(input, count * 8) }
  const start = kinds & kindFloatTime ? takeFloat64(input) : known.lastTimeMs + takeDifference(input)
  known.lastTimeMs = start
  return { kind: 'range', start, stride: kind === timesSame ? 0 : takeVarint(input) }
}

function takeDifference(input: Input): number {
  const value = takeVarint(input)
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
