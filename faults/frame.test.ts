import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Unpackr } from 'msgpackr'
import { chosenSeed } from '../test/random.ts'
import { createEncoder } from './encode.ts'
import { createFrameMaker, epochMs, frameMs, numberOf } from './frame.ts'
import { type Lane, makePlan } from './plan.ts'

type Points = Map<string, [step: number, time: number, value: number][]>
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' })

/** What a reader of the documentation takes out of a frame. */
function read(frame: {
  sets?: [number, string[]][]
  cols?: [number, unknown, unknown, Uint8Array][]
  log?: { step: number; time: number; metrics: Record<string, number | string> }[]
}): Points {
  const points: Points = new Map()
  const put = (metric: string, step: number, time: number, value: number): void => {
    points.set(metric, [...(points.get(metric) ?? []), [step, time, value]])
  }
  for (const { step, time, metrics } of frame.log ?? []) {
    for (const [metric, value] of Object.entries(metrics)) put(metric, step, time, Number(value))
  }
  for (const [set, steps, times, bytes] of frame.cols ?? []) {
    const names = frame.sets!.find(([id]) => id === set)![1]
    const listed = (column: unknown): number[] | undefined =>
      column instanceof Uint8Array ? [...new BigInt64Array(Uint8Array.from(column).buffer)].map(Number) : undefined
    const [first, stride, count] = typeof steps === 'number' ? [steps, 1, 1] : (steps as number[])
    const stepList = listed(steps) ?? Array.from({ length: count! }, (_, i) => first! + i * stride!)
    const timeList = listed(times) ?? stepList.map((_, i) => (times as number[])[0]! + i * (times as number[])[1]!)
    const { buffer } = Uint8Array.from(bytes)
    const wide = bytes.length === names.length * stepList.length * 8
    const values = wide ? new Float64Array(buffer) : new Float32Array(buffer)
    names.forEach((name, m) => {
      stepList.forEach((step, i) => {
        put(name, step, timeList[i]!, values[m * stepList.length + i]!)
      })
    })
  }
  return points
}

test('every form of a frame on the wire says the same points, bit by bit', () => {
  const seed = chosenSeed()
  const plan = makePlan({ seed, runs: 60, points: 1 })
  const make = createFrameMaker(plan)
  const encoder = createEncoder(plan, make)
  const seen = { rows: 0, columns: 0, negativeZero: 0, nan: 0 }
  for (const lane of plan.planned.flatMap((run) => run.lanes)) {
    for (let seq = 0; seq < 20; seq++) {
      const frame = make(lane, seq)
      const expected: Points = new Map(
        lane.shape.metrics.map((metric, m) => [
          metric,
          Array.from({ length: frame.count }, (_, i) => {
            return [frame.firstStep + i * lane.stride, frame.firstTimeMs + i, frame.values[m * frame.count + i]!]
          }),
        ]),
      )
      const packed = unpackr.unpack(encoder.msgpack(lane, seq, true))
      const json = JSON.parse(encoder.json(lane, seq))
      seen[packed.log ? 'rows' : 'columns']++
      for (const [, , value] of [...expected.values()].flat()) {
        if (Object.is(value, -0)) seen.negativeZero++
        if (Number.isNaN(value)) seen.nan++
      }
      for (const form of [packed, json]) {
        // deepStrictEqual tells -0 from 0 and takes NaN for itself.
        assert.deepStrictEqual(read(form), expected, `seed ${seed}, lane ${lane.index}, seq ${seq}`)
        assert.deepEqual([form.run, form.writer], [lane.run, lane.writer])
        assert.equal(form.seq, lane.writer === undefined ? undefined : seq)
      }
      assert.deepEqual(packed.update, json.update)
    }
  }
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 10, `${count} of ${what}`)
})

test('frames of a run never share a time, and steps stay within what is allowed', () => {
  const plan = makePlan({ seed: 9, runs: 200, points: 1 })
  const make = createFrameMaker(plan)
  for (const { lanes } of plan.planned) {
    const numbers = new Set<number>()
    for (const lane of lanes) for (let seq = 0; seq < 30; seq++) check(lane, seq, numbers)
    assert.equal(numbers.size, lanes.length * 30)
  }
  function check(lane: Lane, seq: number, numbers: Set<number>): void {
    const { firstStep, firstTimeMs, count } = make(lane, seq)
    const lastStep = firstStep + (count - 1) * lane.stride
    assert.ok(Number.isSafeInteger(firstStep) && Number.isSafeInteger(lastStep))
    assert.equal(Math.floor((firstTimeMs + count - 1 - epochMs) / frameMs), numberOf(lane, seq))
    numbers.add(numberOf(lane, seq))
  }
})

test('the same seed gives the same frames, another one others', () => {
  const bytesOf = (seed: number) => {
    const plan = makePlan({ seed, runs: 3, points: 1 })
    const encoder = createEncoder(plan, createFrameMaker(plan))
    return plan.planned.map(({ lanes }) => encoder.json(lanes[0]!, 5)).join()
  }
  assert.equal(bytesOf(1), bytesOf(1))
  assert.notEqual(bytesOf(1), bytesOf(2))
})
