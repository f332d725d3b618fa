import { pick, type Random, whole } from '../../test/random.ts'
import type { Block, Integers, MetricSet } from '../record/record.ts'
import { appendPoints, type PointsBatch } from './points.ts'
import { createSinkSet } from './sink-set.ts'

/** One point as the frame says it, the plain way; `time` is undefined where the frame has none. Values by their bits. */
export type PlainPoint = {
  readonly metric: string
  readonly step: bigint
  readonly time: bigint | undefined
  readonly value: number
  readonly bits: bigint
}

/** Every point of a block, read one by one. */
export function expandBlock(block: Block): PlainPoint[] {
  const points: PlainPoint[] = []
  const view = new DataView(block.values.buffer, block.values.byteOffset, block.values.byteLength)
  const float = new DataView(new ArrayBuffer(8))
  block.set.names.forEach((metric, m) => {
    for (let i = 0; i < block.count; i++) {
      const at = (m * block.count + i) * block.width
      if (block.width === 4) float.setFloat64(0, view.getFloat32(at, true))
      else float.setBigUint64(0, view.getBigUint64(at, true))
      const step = integerOf(block.steps, i)
      const time = block.times && integerOf(block.times, i)
      points.push({ metric, step, time, value: float.getFloat64(0), bits: float.getBigUint64(0) })
    }
  })
  return points
}

function integerOf(integers: Integers, i: number): bigint {
  if (integers.kind === 'range') return BigInt(integers.start) + BigInt(integers.stride) * BigInt(i)
  return Buffer.from(integers.bytes).readBigInt64LE(i * 8)
}

const awkwardBits = [
  0x7ff8000000000000n, // NaN
  0xfff8000000000123n, // another NaN, with a payload
  0x7ff0000000000000n, // Infinity
  0xfff0000000000000n, // -Infinity
  0n, // 0
  0x8000000000000000n, // -0
  1n, // smallest denormal
  0x800fffffffffffffn, // a negative denormal
  0x7fefffffffffffffn, // largest
] as const

/** Bits of a value: mostly one of few small numbers, so that equal minima occur; now and then an awkward one. */
export function randomBits(random: Random): bigint {
  if (random() < 0.15) return pick(random, awkwardBits)
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, random() < 0.5 ? whole(random, -4, 4) / 2 : random() * 2e3 - 1e3)
  return view.getBigUint64(0)
}

export type BlockShape = {
  readonly set: MetricSet
  readonly count: number
  readonly firstStep: number
  readonly timeMs: number
}

/** A block of any of the forms that the layout has, its bytes at an odd address. */
export function randomBlock(random: Random, { set, count, firstStep, timeMs }: BlockShape): Block {
  const stride = whole(random, 1, 3)
  const steps =
    random() < 0.5
      ? range(firstStep, stride)
      : list(Array.from({ length: count }, (_, i) => firstStep + i * stride + Math.floor(i / 3)))
  const timesForm = whole(random, 0, 3)
  const times =
    timesForm === 0
      ? undefined
      : timesForm === 1
        ? range(timeMs, 0)
        : timesForm === 2
          ? range(timeMs, whole(random, 1, 50))
          : list(Array.from({ length: count }, () => timeMs + whole(random, -1000, 1000)))
  return { set, count, steps, times, ...randomValues(random, set.names.length * count) }
}

function randomValues(random: Random, count: number): Pick<Block, 'width' | 'values'> {
  const width = random() < 0.8 ? 8 : 4
  const values = oddly(count * width)
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength)
  const wide = new DataView(new ArrayBuffer(8))
  for (let i = 0; i < count; i++) {
    wide.setBigUint64(0, randomBits(random))
    if (width === 8) view.setBigUint64(i * 8, wide.getBigUint64(0), true)
    else view.setFloat32(i * 4, wide.getFloat64(0), true)
  }
  return { width, values }
}

export const range = (start: number, stride: number): Integers => ({ kind: 'range', start, stride })

export function list(values: readonly number[]): Integers {
  const bytes = oddly(values.length * 8)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  values.forEach((value, i) => {
    view.setBigInt64(i * 8, BigInt(value), true)
  })
  return { kind: 'list', bytes }
}

const oneMetric = createSinkSet(['m'], BigUint64Array.of(1n))
const oneRun = { key: 7n, filling: 0, numberInFilling: 0 }

/** Adds a block of one series: steps and values count up from `first`, which is also its log offset. */
export function putCounting(batch: PointsBatch, first: number, count: number): void {
  const values = new Uint8Array(Float64Array.from({ length: count }, (_, i) => first + i).buffer)
  const block = { set: oneMetric, count, steps: range(first, 1), times: range(0, 0), width: 8, values } as const
  appendPoints(batch, oneRun, oneMetric, block, 0, first)
}

/** Bytes that no typed array wider than one byte could be laid over. */
function oddly(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length + 3), 3, length)
}
