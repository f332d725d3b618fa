import { type Input, takeByte, takeBytes, takeFloat64, takeText, takeVarint } from '../bytes.ts'
import {
  type Block,
  flagSequence,
  flagUpdate,
  type Integers,
  type MetricSet,
  type RecordFrame,
  type RunName,
} from './record.ts'
import { definedOr, type Intern, takeSet } from './sets.ts'
import { takeUpdate } from './update.ts'

/**
 * Records of version 1, which a log may still hold:
 *
 *     u8 version = 1, float64 received (ms of the first frame)
 *     frame*:
 *       varint run        0: a new run follows (text project, text run); n: the n-th run of this record
 *       varint received   ms after the record's
 *       u8     flags      1: writer and seq, 2: update
 *       [text writer, varint seq]
 *       [update]
 *       varint blocks
 *       block*:
 *         varint set      0: a new set follows (varint count, texts); n: the n-th set of this record
 *         varint count    steps
 *         u8     kinds    steps: 0 range, 1 list; times (x 2): 0 received, 1 range, 2 list; values (x 8): 0 float64, 1 float32
 *         steps           range: float64 start, varint stride; list: count x int64
 *         times           range: float64 start, varint stride; list: count x int64
 *         values          names x count x float64 or float32, all values of the first name first
 *
 * `input` is behind the version.
 */
export function readRecordOne(input: Input, intern: Intern): RecordFrame[] {
  const received = takeFloat64(input)
  const runs: RunName[] = []
  const sets: MetricSet[] = []
  const frames: RecordFrame[] = []
  while (input.at < input.bytes.length) {
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
