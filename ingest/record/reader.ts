import { type Input, inputOf, takeByte, takeBytes, takeFloat64, takeText, takeVarint } from '../bytes.ts'
import {
  type Block,
  type FrameBody,
  flagSequence,
  flagUpdate,
  type Integers,
  type MetricSet,
  recordVersion,
} from './record.ts'
import { takeUpdate } from './update.ts'
import type { RunName } from './writer.ts'

export type RecordFrame = FrameBody & { readonly run: RunName; readonly receivedMs: number }

/**
 * Takes a record apart. Texts and ranges are copied; step, time and value bytes are views of `payload`. `intern` maps a
 * metric set to the caller's one object for that list of names; it gets the set's bytes as its key.
 * @throws RangeError when the bytes are not a record of a known version
 */
export function readRecord(
  payload: Uint8Array,
  intern: (key: string, names: () => string[]) => MetricSet,
): RecordFrame[] {
  const input = inputOf(payload)
  const version = takeByte(input)
  if (version !== recordVersion) throw new RangeError(`record version ${version} is not known`)
  const received = takeFloat64(input)
  const runs: RunName[] = []
  const sets: MetricSet[] = []
  const frames: RecordFrame[] = []
  while (input.at < payload.length) {
    const run = definedOr(runs, takeVarint(input), () => ({ project: takeText(input), run: takeText(input) }))
    const receivedMs = received + takeVarint(input)
    const flags = takeByte(input)
    const writer = flags & flagSequence ? takeText(input) : undefined
    const seq = flags & flagSequence ? takeVarint(input) : undefined
    const update = flags & flagUpdate ? takeUpdate(input) : undefined
    const blocks: Block[] = []
    for (let count = takeVarint(input); count > 0; count--) {
      const set = definedOr(sets, takeVarint(input), () => takeSet(input, intern))
      blocks.push(takeBlock(input, set))
    }
    frames.push({ run, receivedMs, writer, seq, update, blocks })
  }
  return frames
}

function definedOr<T>(known: T[], index: number, define: () => T): T {
  if (index > 0) {
    const value = known[index - 1]
    if (value === undefined) throw new RangeError('record refers to a definition it does not have')
    return value
  }
  const fresh = define()
  known.push(fresh)
  return fresh
}

function takeSet(input: Input, intern: (key: string, names: () => string[]) => MetricSet): MetricSet {
  const start = input.at
  const count = takeVarint(input)
  for (let i = 0; i < count; i++) takeBytes(input, takeVarint(input))
  const end = input.at
  return intern(input.bytes.toString('latin1', start, end), () => {
    const again: Input = { bytes: input.bytes, at: start }
    return Array.from({ length: takeVarint(again) }, () => takeText(again))
  })
}

function takeBlock(input: Input, set: MetricSet): Block {
  const count = takeVarint(input)
  const kinds = takeByte(input)
  const steps = takeIntegers(input, (kinds & 1) === 0, count)
  const timesKind = (kinds >> 1) & 3
  const times = timesKind === 0 ? undefined : takeIntegers(input, timesKind === 1, count)
  const width = kinds & 8 ? 4 : 8
  return { set, count, steps, times, width, values: takeBytes(input, set.names.length * count * width) }
}

function takeIntegers(input: Input, range: boolean, count: number): Integers {
  if (!range) return { kind: 'list', bytes: takeBytes(input, count * 8) }
  return { kind: 'range', start: takeFloat64(input), stride: takeVarint(input) }
}
