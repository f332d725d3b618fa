import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenSeed, createRandom, type Random, whole } from '../test/random.ts'
import { bitsOf, decodedBits, keptBits, numberOf, scalesOf } from './value-codes.fixture.ts'
import { valueMemory, valuesOf } from './value-codes.ts'
import { beginScales, codesOf, createScales, encodeSeries } from './value-encoding.ts'

const seed = chosenSeed()
const word = (random: Random) => BigInt(Math.floor(random() * 2 ** 32))
const anyBits = (random: Random) => (word(random) << 32n) | word(random)
/** A decimal as its text gives it. */
const decimal = (digits: number, scale: number) => Number(`${digits}e-${scale}`)

const kinds: readonly [name: string, bits: (random: Random) => bigint][] = [
  ['any bits', anyBits],
  ['NaNs of any sign and payload', (random) => anyBits(random) | 0x7ff0000000000000n],
  ['NaNs that look like codes', (random) => (anyBits(random) & (2n ** 50n - 1n)) | (0xfff4n << 48n)],
  ['noise', (random) => bitsOf(random() * 10 ** whole(random, -8, 8))],
  ['float32 noise', (random) => bitsOf(Math.fround(random() * 4 - 2))],
  ['accuracies', (random) => bitsOf(decimal(whole(random, 0, 10_000), 4))],
  ['short decimals of any scale', (random) => bitsOf(decimal(whole(random, -99_999, 99_999), whole(random, 0, 9)))],
  ['long decimals', (random) => bitsOf(decimal(whole(random, -(2 ** 46), 2 ** 46), whole(random, 0, 7)))],
  ['large whole numbers', (random) => bitsOf(whole(random, -(2 ** 52), 2 ** 52))],
  ['whole numbers beyond 2^53', (random) => bitsOf(Math.round(random() * 2 ** 20) * 2 ** whole(random, 30, 80))],
  ['what is next to a decimal', (random) => bitsOf(decimal(whole(random, 1, 1e6), 4)) + BigInt(whole(random, -2, 2))],
  ['subnormals', (random) => anyBits(random) & 0x800fffffffffffffn],
]

/** The plain version: of each value either its bits, for it is no decimal, or the digits that its text has. */
function check(bits: bigint, code: bigint): void {
  const context = `${numberOf(bits)} (${bits.toString(16)}) became ${code.toString(16)}`
  assert.equal(decodedBits(code), keptBits(bits), context)
  assert.equal(scalesOf(bits).length > 0, code !== keptBits(bits), context)
}

for (const [name, make] of kinds) {
  test(`${name} come back bit by bit; every decimal is one`, () => {
    const random = createRandom(seed)
    const bits = BigUint64Array.from({ length: 20_000 }, () => make(random))
    for (const rows of [1, 100, 20_000]) {
      const codes = codesOf(new Float64Array(bits.buffer), rows)
      for (let i = 0; i < bits.length; i++) check(bits[i]!, codes[i]!)
      assert.deepEqual(new BigUint64Array(valuesOf(codes).buffer), bits.map(keptBits))
    }
  })
}

test('edges', () => {
  const largest = 2 ** 45 - 1
  const values = [0, -0, 1, -1, 0.1, 0.1 + 0.2, 0.3, 1e-6, 1e-7, 1e22, 1e23, 5e-324, -5e-324, Number.MAX_VALUE]
  values.push(
    ...[0, 1, 2, 3, 4, 5, 6].flatMap((scale) => [largest, largest + 1, largest + 2].map((d) => decimal(d, scale))),
  )
  values.push(...values.map((value) => -value), Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
  const codes = codesOf(Float64Array.from(values), 1)
  const inOneSeries = codesOf(Float64Array.from(values))
  for (const [i, value] of values.entries()) {
    check(bitsOf(value), codes[i]!)
    check(bitsOf(value), inOneSeries[i]!)
  }
  const of = (value: number) => codes[values.indexOf(value)]!
  assert.equal(of(largest) >> 46n, (0xfff4n << 2n) + 0n)
  assert.equal(of(largest + 1), bitsOf(largest + 1))
  assert.equal(of(0.1 + 0.2), bitsOf(0.1 + 0.2))
  assert.equal(codes[0], (0xfff4n << 48n) + 2n ** 45n)
})

const scaleOf = (code: bigint) => Number((code >> 46n) & 15n)

for (const times of [1, 10]) {
  test(`a series keeps the scale it has, and gives it up in the next block if none of its decimals needed it, ${3 * times} rows`, () => {
    const scales = createScales(2)
    /** The scales of the first three rows of both series, and of the last one. */
    const block = (...values: number[]) => {
      const rows = [values.slice(0, 3), values.slice(3)].flatMap(
        (series) => Array(times).fill(series).flat() as number[],
      )
      const memory = valueMemory(Float64Array.from(rows))
      beginScales(scales)
      encodeSeries(memory, 0, 3 * times, scales, 0, 2)
      const codes = [...new BigUint64Array(memory.wide.buffer)].map(scaleOf)
      return [codes.slice(0, 3), codes.slice(3 * times, 3 * times + 3), codes.at(3 * times - 1), codes.at(-1)]
    }
    assert.deepEqual(block(0.5, 0.25, 0.5, 3, 2, 0.125), [[1, 2, 2], [0, 0, 3], 2, 3])
    assert.deepEqual(block(0.5, 7, 0.5, 3, 2, 5), [[2, 2, 2], [3, 3, 3], 2, 3])
    assert.deepEqual(block(0.5, 7, 1, 3, 2, 5), [[1, 1, 1], [0, 0, 0], 1, 0])
  })
}
