import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { createSmoother } from './smooth.ts'

const ema = (halfLife: number, xs: readonly number[], values: readonly number[]) => [
  ...createSmoother({ method: 'EMA', halfLife })(Float64Array.from(xs), Float64Array.from(values)),
]

test('an average weighs every point by its distance, a huge one long ago too', () => {
  const [, , third] = ema(2, [0, 2, 4], [8, 0, 4])
  assert.ok(Math.abs(third! - (8 / 4 + 4) / (1 / 4 + 1 / 2 + 1)) < 1e-15)
  const huge = -Number.MAX_VALUE
  const [, later] = ema(1, [0, 62], [huge, -5e-324])
  assert.ok(Math.abs(later! / (huge * 2 ** -62) - 1) < 1e-15, `${later}`)
})

test('equal values stay as they are, and an average stays within them, whatever the distances', () => {
  const xs = Array.from({ length: 1000 }, (_, i) => i ** 1.7)
  for (const value of [0.1, 1 / 3, 1e-310, Number.MAX_VALUE, -7.3]) {
    for (const halfLife of [1e-3, 1, 17, 1e9]) {
      const values = xs.map(() => value)
      assert.deepEqual(ema(halfLife, xs, values), values)
    }
  }
})
