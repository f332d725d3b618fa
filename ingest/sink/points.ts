import type { Block, Integers } from '../record/record.ts'
import type { BlockColumn } from '../store/native-block.ts'

/** Rows of the table `points` as they will be inserted: flat columns that grow, used again and again. */
export type PointsBlock = {
  rows: number
  capacity: number
  run: BigUint64Array
  metric: BigUint64Array
  step: BigInt64Array
  time: BigInt64Array
  value: Float64Array
  ord: BigUint64Array
}

export function createPointsBlock(capacity = 1024): PointsBlock {
  return {
    rows: 0,
    capacity,
    run: new BigUint64Array(capacity),
    metric: new BigUint64Array(capacity),
    step: new BigInt64Array(capacity),
    time: new BigInt64Array(capacity),
    value: new Float64Array(capacity),
    ord: new BigUint64Array(capacity),
  }
}

/**
 * Appends a block's points, series after series, with a few bulk copies and no object per point.
 * @returns the row of its first point
 */
export function appendPoints(
  points: PointsBlock,
  block: Block,
  runKey: bigint,
  metricKeys: BigUint64Array,
  receivedMs: number,
  ord: bigint,
): number {
  const { count } = block
  const first = points.rows
  const end = first + metricKeys.length * count
  if (end > points.capacity) grow(points, end)
  points.run.fill(runKey, first, end)
  points.ord.fill(ord, first, end)
  if (count === 1) points.metric.set(metricKeys, first)
  else
    for (let m = 0; m < metricKeys.length; m++)
      points.metric.fill(metricKeys[m]!, first + m * count, first + (m + 1) * count)
  fillIntegers(points.step, first, end, count, block.steps)
  if (block.times) fillIntegers(points.time, first, end, count, block.times)
  else points.time.fill(BigInt(receivedMs), first, end)
  fillValues(points, first, end, block)
  points.rows = end
  return first
}

/** The steps (or times) of one series, repeated for all series of the block. */
function fillIntegers(column: BigInt64Array, first: number, end: number, count: number, integers: Integers): void {
  if (integers.kind === 'list') {
    new Uint8Array(column.buffer).set(integers.bytes, first * 8)
  } else if (count === 1 || integers.stride === 0) {
    column.fill(BigInt(integers.start), first, end)
    return
  } else {
    // Halves instead of a BigInt per step.
    const halves = new Int32Array(column.buffer, first * 8, count * 2)
    let value = integers.start
    for (let i = 0; i < count; i++) {
      halves[2 * i] = value
      halves[2 * i + 1] = Math.floor(value / 4_294_967_296)
      value += integers.stride
    }
  }
  for (let at = first + count; at < end; at += count) column.copyWithin(at, first, first + count)
}

function fillValues(points: PointsBlock, first: number, end: number, block: Block): void {
  if (block.width === 8) {
    new Uint8Array(points.value.buffer).set(block.values, first * 8)
    return
  }
  const aligned = new Float32Array(end - first)
  new Uint8Array(aligned.buffer).set(block.values)
  points.value.set(aligned, first)
}

function grow(points: PointsBlock, needed: number): void {
  const capacity = Math.max(needed, points.capacity * 2)
  const { rows } = points
  const larger = createPointsBlock(capacity)
  larger.run.set(points.run.subarray(0, rows))
  larger.metric.set(points.metric.subarray(0, rows))
  larger.step.set(points.step.subarray(0, rows))
  larger.time.set(points.time.subarray(0, rows))
  larger.value.set(points.value.subarray(0, rows))
  larger.ord.set(points.ord.subarray(0, rows))
  Object.assign(points, larger, { rows })
}

export function pointsColumns(points: PointsBlock): BlockColumn[] {
  return [
    { name: 'run', type: 'UInt64', data: points.run },
    { name: 'metric', type: 'UInt64', data: points.metric },
    { name: 'step', type: 'Int64', data: points.step },
    { name: 'time', type: "DateTime64(3, 'UTC')", data: points.time },
    { name: 'value', type: 'Float64', data: points.value },
    { name: 'ord', type: 'UInt64', data: points.ord },
  ]
}
