import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenSeed, createRandom, pick, whole } from '../../test/random.ts'
import type { Block, Integers } from '../record/record.ts'
import { expandBlock, list, randomBits, randomBlock, range } from './blocks.fixture.ts'
import { appendPoints, createPointsBlock, type PointsBlock, pointsColumns } from './points.ts'

const seed = chosenSeed()
const receivedMs = 1_700_000_000_123
const farthest = Number.MAX_SAFE_INTEGER

type Row = { run: bigint; metric: bigint; step: bigint; time: bigint; bits: bigint; ord: bigint }

function rowsOf(points: PointsBlock): Row[] {
  const bits = new BigUint64Array(points.value.buffer)
  return Array.from({ length: points.rows }, (_, i) => ({
    run: points.run[i]!,
    metric: points.metric[i]!,
    step: points.step[i]!,
    time: points.time[i]!,
    bits: bits[i]!,
    ord: points.ord[i]!,
  }))
}

/** A set whose names are its keys. */
const setOf = (...keys: bigint[]) => ({ names: keys.map(String) })
const keysOf = (block: Block) => BigUint64Array.from(block.set.names, BigInt)

function expected(block: Block, run: bigint, ord: bigint): Row[] {
  return expandBlock(block).map(({ metric, step, time, bits }) => {
    return { run, metric: BigInt(metric), step, time: time ?? BigInt(receivedMs), bits, ord }
  })
}

function doubles(count: number, width: 4 | 8): Pick<Block, 'values' | 'width'> {
  const random = createRandom(seed)
  const bytes = new Uint8Array(new ArrayBuffer(count * width + 5), 5, count * width)
  const view = new DataView(bytes.buffer, 5)
  const wide = new DataView(new ArrayBuffer(8))
  for (let i = 0; i < count; i++) {
    wide.setBigUint64(0, randomBits(random))
    if (width === 8) view.setBigUint64(i * 8, wide.getBigUint64(0), true)
    else view.setFloat32(i * 4, wide.getFloat64(0), true)
  }
  return { values: bytes, width }
}

const forms: [name: string, count: number, steps: Integers, times: Integers | undefined][] = [
  ['a range of steps, no times', 5, range(-2, 1), undefined],
  ['a range with a wide stride', 4, range(-farthest, 2 ** 52), range(0, 1)],
  ['a range across a 32-bit border', 6, range(2 ** 32 - 3, 1), range(-(2 ** 32) - 2, 1)],
  ['a range that ends at the last step', 3, range(farthest - 4, 2), range(-2_208_988_800_000, 0)],
  ['a list of steps and times', 3, list([-farthest, 0, farthest]), list([10_413_791_999_999, -1, 0])],
  ['times that are all the same', 4, range(7, 3), range(1_700_000_000_000, 0)],
  ['one step as a range', 1, range(-9, 1), range(5, 9)],
  ['one step as a list', 1, list([-1]), list([1])],
  ['step minus zero', 1, range(-0, 1), range(-0, 0)],
]
for (const [name, count, steps, times] of forms) {
  for (const width of [8, 4] as const) {
    test(`${name}, float${width * 8} values: the rows are those of the frame read point by point`, () => {
      const set = setOf(3n, 1n, 2n ** 64n - 1n)
      const block: Block = { set, count, steps, times, ...doubles(3 * count, width) }
      const points = createPointsBlock(1)
      const first = appendPoints(points, block, 9n, keysOf(block), receivedMs, 2n ** 63n)
      assert.equal(first, 0)
      assert.deepEqual(rowsOf(points), expected(block, 9n, 2n ** 63n))
    })
  }
}

test('blocks of all forms one after the other, through growth and reuse of the memory', () => {
  for (let round = 0; round < 40; round++) {
    const random = createRandom(seed + round)
    const points = createPointsBlock(pick(random, [1, 16, 1024]))
    for (let use = 0; use < 2; use++) {
      const all: Row[] = []
      points.rows = 0
      for (let n = 0; n < 30; n++) {
        const set = setOf(...Array.from({ length: whole(random, 1, 9) }, () => BigInt(whole(random, 0, 1e9))))
        const shape = { set, count: pick(random, [1, 1, 2, 40]), firstStep: whole(random, -99, 99), timeMs: receivedMs }
        const block = randomBlock(random, shape)
        const ord = BigInt(whole(random, 0, 1e9))
        const first = appendPoints(points, block, BigInt(n), keysOf(block), receivedMs, ord)
        assert.equal(first, all.length)
        all.push(...expected(block, BigInt(n), ord))
      }
      assert.deepEqual(rowsOf(points), all, `round ${round}`)
      for (const { data } of pointsColumns(points)) assert.ok((data as BigInt64Array).length >= points.rows)
    }
  }
})
