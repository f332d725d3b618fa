import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { openTestStore, type TestStore } from '../fixture.ts'
import { fuzzCharts } from './charts.fuzz.ts'
import { shortKeysOf } from './short-keys.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

test('charts of several runs and metrics equal brute force, wherever their points lie in the store', async (t) => {
  const seed = Number(process.env.SEED ?? 5)
  const outcome = await fuzzCharts(store, seed, Number(process.env.HISTORIES ?? 6), 6)
  t.diagnostic(`SEED=${seed} replays this: ${JSON.stringify(outcome)}`)
  assert.ok(outcome.charts > 10, 'points were read as they lie')
  assert.ok(outcome.sorted > 2, 'points that lay over each other were sorted')
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
