import { Packr } from 'msgpackr'
import type { FrameMaker, FramePoints } from './frame.ts'
import { draw, type Lane, type Plan, project } from './plan.ts'
import { updateOf } from './updates.ts'

const packer = new Packr({ useRecords: false, encodeUndefinedAsNil: true })

export type Encoder = {
  /** One frame as a client writes it in msgpack; `defineSet`: with the definition of its metric set, if it needs that. */
  msgpack(lane: Lane, seq: number, defineSet: boolean): Buffer
  json(lane: Lane, seq: number): string
}

/** The same frame takes several forms on the wire; which one must not matter. */
export function createEncoder(plan: Plan, make: FrameMaker): Encoder {
  const headOf = (lane: Lane, seq: number) => ({
    project,
    run: lane.run,
    ...(lane.writer === undefined ? {} : { writer: lane.writer, seq }),
    update: updateOf(plan, lane, seq),
  })
  return {
    msgpack(lane, seq, defineSet) {
      const frame = make(lane, seq)
      const { update, ...head } = headOf(lane, seq)
      const common = update === undefined ? head : { ...head, update }
      // msgpackr writes -0 as 0, so frames with one go as columns.
      if (lane.form === 'rows' && !hasNegativeZero(frame)) return packer.pack({ ...common, log: rowsOf(lane, frame) })
      const { set, metrics } = lane.shape
      const variant = draw(plan.seed ^ lane.index, seq, 30)
      const cols = [[set, stepsOf(lane, frame, variant), timesOf(frame, variant), valuesOf(lane, frame)]]
      return packer.pack(defineSet ? { ...common, sets: [[set, metrics]], cols } : { ...common, cols })
    },
    json(lane, seq) {
      const frame = make(lane, seq)
      return `${JSON.stringify(headOf(lane, seq)).slice(0, -1)},"log":${jsonRows(lane, frame)}}`
    },
  }
}

function hasNegativeZero({ values, points }: FramePoints): boolean {
  for (let i = 0; i < points; i++) if (Object.is(values[i], -0)) return true
  return false
}

function rowsOf(lane: Lane, { count, firstStep, firstTimeMs, values }: FramePoints): object[] {
  return Array.from({ length: count }, (_, i) => ({
    step: integer(firstStep + i * lane.stride),
    time: integer(firstTimeMs + i),
    metrics: Object.fromEntries(lane.shape.metrics.map((metric, m) => [metric, values[m * count + i]!])),
  }))
}

/** msgpackr writes numbers beyond 32 bits as floats, which are no steps and times. */
const integer = (value: number): number | bigint => (Math.abs(value) < 2 ** 31 ? value : BigInt(value))

function stepsOf(lane: Lane, { count, firstStep }: FramePoints, variant: number): unknown {
  if (variant % 8 === 0) {
    return Buffer.from(BigInt64Array.from({ length: count }, (_, i) => BigInt(firstStep + i * lane.stride)).buffer)
  }
  return count === 1 && variant % 2 === 0 ? integer(firstStep) : [integer(firstStep), lane.stride, count]
}

function timesOf({ count, firstTimeMs }: FramePoints, variant: number): unknown {
  if (variant % 8 < 6) return [BigInt(firstTimeMs), 1]
  return Buffer.from(BigInt64Array.from({ length: count }, (_, i) => BigInt(firstTimeMs + i)).buffer)
}

function valuesOf(lane: Lane, { values, points }: FramePoints): Buffer {
  const column = values.subarray(0, points)
  return Buffer.from(lane.width === 4 ? Float32Array.from(column).buffer : Float64Array.from(column).buffer)
}

function jsonRows(lane: Lane, { count, firstStep, firstTimeMs, values }: FramePoints): string {
  const names = lane.shape.metrics.map((metric) => JSON.stringify(metric))
  let text = '['
  for (let i = 0; i < count; i++) {
    text += `${i > 0 ? ',' : ''}{"step":${firstStep + i * lane.stride},"time":${firstTimeMs + i},"metrics":{`
    for (let m = 0; m < names.length; m++)
      text += `${m > 0 ? ',' : ''}${names[m]}:${jsonNumber(values[m * count + i]!)}`
    text += '}}'
  }
  return `${text}]`
}

function jsonNumber(value: number): string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? String(value) : `"${value}"`
}
