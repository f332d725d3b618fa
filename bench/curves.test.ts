import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Curves, diverges, fillValues, makeCurves } from './curves.ts'
import { metricsOf } from './metrics.ts'

function bytesOf(curves: Curves, run: number, firstStep: number, count: number): Buffer {
  const values = new Float64Array(curves.metrics.length * count)
  fillValues(curves, run, firstStep, count, values)
  return Buffer.from(values.buffer)
}

const metrics = metricsOf.dense
const curves = makeCurves(1, 200, metrics)

test('one seed gives the same bytes in every process, another seed others', () => {
  assert.deepEqual(bytesOf(makeCurves(1, 200, metrics), 3, 50, 100), bytesOf(curves, 3, 50, 100))
  assert.notDeepEqual(bytesOf(makeCurves(2, 200, metrics), 3, 50, 100), bytesOf(curves, 3, 50, 100))
})

test('a series is the same however its steps are cut into frames', () => {
  for (const run of [3, 7]) {
    const whole = new Float64Array(metrics.length * 30)
    fillValues(curves, run, 0, 30, whole)
    for (let step = 0; step < 30; step++) {
      const one = new Float64Array(metrics.length)
      fillValues(curves, run, step, 1, one)
      for (let metric = 0; metric < metrics.length; metric++)
        assert.ok(Object.is(one[metric], whole[metric * 30 + step]))
    }
  }
})

test('curves look like training: losses fall, accuracies rise to 4 digits, a diverging run ends in NaN', () => {
  const steps = 2_000
  const values = new Float64Array(metrics.length * steps)
  const mean = (metric: number, from: number, to: number): number => {
    const part = values.subarray(metric * steps + from, metric * steps + to)
    return part.reduce((sum, value) => sum + value, 0) / part.length
  }
  fillValues(curves, 3, 0, steps, values)
  const [loss, accuracy] = [0, 2]
  assert.ok(mean(loss, 0, 50) > 3 * mean(loss, 1_900, 2_000))
  assert.ok(mean(accuracy, 1_900, 2_000) > 0.8)
  for (const value of values.subarray(accuracy * steps, (accuracy + 1) * steps)) {
    assert.ok(value >= 0 && value <= 1 && Number(value.toFixed(4)) === value)
  }
  assert.ok(diverges(7))
  fillValues(curves, 7, 0, steps, values)
  assert.ok(Number.isFinite(values[11]!) && Number.isNaN(values[12]!))
  assert.equal(values[5 * steps + 11], Number.POSITIVE_INFINITY)
})
