import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { createRandom, pick, whole } from '../../test/random.ts'
import { planOf, tilesIn } from './plan.ts'

test('a plan covers every step of its window once, by tiles that are sealed, not stale, and within one bucket', () => {
  const random = createRandom(7)
  for (let round = 0; round < 2_000; round++) {
    const at = whole(random, -500, 500)
    const seals = [
      { first: 0, last: 511, width: 2, version: 5 },
      { first: 600, last: 600 + 8 * whole(random, 1, 60) - 1, width: 8, version: 9 },
    ].slice(0, whole(random, 0, 2))
    const late = Array.from({ length: whole(random, 0, 4) }, () => {
      const first = whole(random, -20, 1_100)
      return { first, last: first + whole(random, 0, 90), version: whole(random, 1, 12) }
    })
    const window = { first: at, last: at + whole(random, 0, 1_200) }
    const width = pick(random, [1, 2, 4, 32, 256, 2 ** 53])
    const plan = planOf(window, width, { seals, late }, [], pick(random, [0, 0, 40]))
    const times = new Map<number, number>()
    const take = (first: number, last: number) => {
      for (let step = first; step <= last; step++) times.set(step, (times.get(step) ?? 0) + 1)
    }
    for (const { first, last } of plan.points) take(first, last)
    for (const range of plan.tiles) {
      take(range.first, range.last)
      const seal = seals.find(({ first, last }) => first <= range.first && range.last <= last)
      assert.ok(seal && range.width >= seal.width && range.width <= width)
      assert.equal(range.version, seal.version)
      assert.ok(range.first % range.width === 0 && (range.last + 1) % range.width === 0)
      assert.ok(
        !late.some(({ first, last, version }) => version > range.version && first <= range.last && last >= range.first),
      )
    }
    assert.equal(times.size, window.last - window.first + 1)
    assert.ok([...times.values()].every((count) => count === 1))
    assert.ok(window.first <= Math.min(...times.keys()) && window.last >= Math.max(...times.keys()))
  }
})

test('a long window is a few tiles a bucket, whatever its length', () => {
  const seals = [{ first: 0, last: 2 ** 30 - 1, width: 128, version: 1 }]
  for (let length = 2 ** 20; length < 2 ** 30; length *= 2) {
    const plan = planOf({ first: 12_345, last: 12_345 + length }, length / 1024, { seals, late: [] }, [])
    assert.ok(tilesIn(plan) <= 2 * 1_100, `${tilesIn(plan)} tiles`)
    assert.ok(plan.points.every(({ first, last }) => last - first < 128))
  }
})
