import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constantRate, createClock, framesOf, type Schedule, scaled } from './schedule.ts'

const ramp = { seconds: 4, fromRate: 0, toRate: 100 }
const burst: Schedule = [constantRate(10, 2), constantRate(20, 3), constantRate(10, 5)]

test('frames of a schedule are the area under its rate', () => {
  assert.equal(framesOf([constantRate(10, 2)]), 20)
  assert.equal(framesOf([ramp]), 200)
  assert.equal(framesOf(burst), 130)
  assert.equal(framesOf(scaled(burst, 0.5)), 65)
  assert.equal(framesOf([constantRate(0.1, 1)]), 1)
})

test('frames are due at a steady pace, or ever faster in a ramp', () => {
  const steady = createClock([constantRate(10, 2)])
  for (let frame = 0; frame < 20; frame++) assert.ok(Math.abs(steady.dueSeconds(frame) - frame / 10) < 1e-12)
  const rising = createClock([ramp])
  // 12.5 t² frames are due after t seconds.
  for (let frame = 0; frame < 200; frame++) {
    assert.ok(Math.abs(rising.dueSeconds(frame) - Math.sqrt(frame / 12.5)) < 1e-9)
  }
  const falling = createClock([{ seconds: 4, fromRate: 100, toRate: 0 }])
  assert.ok(Math.abs(falling.dueSeconds(150) - 2) < 1e-9)
})

test('each frame belongs to the stretch in which it is due', () => {
  const clock = createClock(burst)
  assert.deepEqual(
    [0, 19, 20, 79, 80, 129].map((frame) => clock.stretchOf(frame)),
    [0, 0, 1, 1, 2, 2],
  )
  assert.ok(Math.abs(clock.dueSeconds(20) - 2) < 1e-12)
  assert.ok(Math.abs(clock.dueSeconds(80) - 5) < 1e-12)
  assert.ok(Math.abs(clock.dueSeconds(129) - 9.9) < 1e-12)
})
