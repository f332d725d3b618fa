import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { createRandom, pick } from '../../test/random.ts'
import { openTestStore, type TestStore } from '../fixture.ts'
import { fuzzCharts } from './charts.fuzz.ts'
import { piecesOf } from './pieces.ts'
import { shortKeysOf } from './short-keys.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

test('charts of several runs and metrics equal brute force, wherever their points lie in the store', async (t) => {
  const seed = Number(process.env.SEED ?? 5)
  const outcome = await fuzzCharts(store, seed, Number(process.env.HISTORIES ?? 6), 12)
  t.diagnostic(`SEED=${seed} replays this: ${JSON.stringify(outcome)}`)
  assert.ok(outcome.charts > 10, 'points were read as they lie')
  assert.ok(outcome.sorted > 2, 'points that lay over each other were sorted')
})

test('rows of a series are found wherever they stand, together or not', () => {
  const random = createRandom(3)
  for (let round = 0; round < 300; round++) {
    const bits = pick(random, [16, 32])
    const keys: number[] = []
    const runs = pick(random, [0, 1, 2, 30])
    for (let i = 0; i < runs; i++) {
      const key = Math.floor(random() * pick(random, [2, 2 ** bits]))
      const length = pick(random, [1, 2, 3, 7, 8, 9, 100])
      keys.push(...Array.from({ length }, () => (random() < pick(random, [0, 0, 0.1]) ? (key ^ 1) >>> 0 : key)))
    }
    const rows = keys.length
    // At any address.
    const at = pick(random, [0, 1, 3])
    const bytes = new DataView(new ArrayBuffer(at + (rows * bits) / 8), at)
    for (const [row, key] of keys.entries())
      bits === 16 ? bytes.setUint16(2 * row, key, true) : bytes.setUint32(4 * row, key, true)
    const steps = new DataView(new ArrayBuffer(4 * rows))
    const columns = new Map([
      ['series', bytes],
      ['at', steps],
      ['code', new DataView(new ArrayBuffer(8 * rows))],
    ])
    const found = new Array(rows)
    for (const [key, pieces] of piecesOf([{ rows, columns }])) {
      for (const { from, to } of pieces) found.fill(key, from, to)
    }
    assert.deepEqual(found, keys)
  }
})

const seriesOf = (keys: readonly bigint[]) => keys.map((run, i) => ({ id: `${i}`, run, metric: 0xabcdefn }))

test('short keys tell every series apart, by as few bits as do', () => {
  const apart = shortKeysOf(seriesOf([1n, 2n, 3n]))!
  assert.deepEqual([apart.bits, apart.shift, new Set(apart.ids.values()).size], [16, 0, 3])
  const inHighBits = shortKeysOf(seriesOf([1n << 60n, 2n << 60n]))!
  assert.deepEqual([inHighBits.bits, inHighBits.ids.size], [16, 2])
  assert.ok(inHighBits.shift >= 44)
  // Each window of 16 bits is the same for some two of them.
  const many = Array.from({ length: 80_000 }, (_, i) => BigInt(i))
  assert.equal(shortKeysOf(seriesOf(many))!.bits, 32)
  assert.equal(shortKeysOf(seriesOf([0n, 0n])), undefined)
})
