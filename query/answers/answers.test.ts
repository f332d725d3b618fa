import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { createRandom, pick } from '../../test/random.ts'
import { answerJson } from './bytes.ts'
import { integerColumn, packedColumn, valueColumn } from './columns.ts'
import { writeNumber } from './decimals.ts'

const edges = [0, -0, 1, -1, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53 - 1)]
const odd = [Number.NaN, Infinity, -Infinity, -0, 5e-324, 1e21, 1e-7, 0.1]

test('an answer as bytes is the text that JSON makes of plain lists', () => {
  const random = createRandom(11)
  const column = (value: () => number) =>
    Float64Array.from({ length: pick(random, [0, 1, 2, 40, 1000]) }, () => value())
  for (let round = 0; round < 200; round++) {
    const integers = column(() =>
      random() < 0.2 ? pick(random, edges) : Math.round((random() - 0.5) * 10 ** pick(random, [1, 4, 9, 15])),
    )
    const values = column(() => (random() < 0.1 ? pick(random, odd) : random() * 10 ** pick(random, [-9, 0, 9])))
    const withNulls = Array.from(values, (value) => (Number.isNaN(value) ? null : value))
    const shown = (value: number | null) => (value === null || Number.isFinite(value) ? value : String(value))
    const name = pick(random, ['loss', 'Verlust "ä" 🙂', '', 'column \u0000'])
    const bytes = Buffer.from(values.buffer)
    const written = answerJson({
      data: {
        series: [
          { name, steps: integerColumn(integers), values: valueColumn(values) },
          { packed: packedColumn(values), some: valueColumn(withNulls), none: null },
        ],
      },
    })
    const plain = {
      data: {
        series: [
          { name, steps: [...integers], values: [...values].map(shown) },
          { packed: bytes.toString('base64'), some: withNulls.map(shown), none: null },
        ],
      },
    }
    assert.equal(written.toString(), JSON.stringify(plain))
  }
})

test('an answer without columns stays a text, and a column is a plain list to JSON itself', () => {
  assert.equal(answerJson({ data: { a: 1 } }), '{"data":{"a":1}}')
  assert.equal(JSON.stringify({ steps: integerColumn(Float64Array.of(1, -2)) }), '{"steps":[1,-2]}')
  assert.equal(JSON.stringify(valueColumn(Float64Array.of(1, Number.NaN))), '[1,"NaN"]')
})

test('a number is written as JSON writes it, to the digit', () => {
  const random = createRandom(17)
  const [double, bytes] = [new Float64Array(1), Buffer.alloc(64)]
  const words = new Uint32Array(double.buffer)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const bits = () => Math.floor(random() * 2 ** 32)
  const neighbour = (value: number) => {
    double[0] = value
    words[0] = (words[0]! + pick(random, [-2, -1, 0, 1, 2])) >>> 0
    return double[0]!
  }
  const anyBits = () => {
    words[0] = bits()
    words[1] = bits()
    return double[0]!
  }
  const power = (from: number, to: number) => Math.floor(from + random() * (to - from))
  const kinds = [
    () => random(),
    () => (random() - 0.5) * 10 ** power(-8, 17),
    () => Math.fround(random() * 10 ** power(-6, 14)),
    () => Number((random() * 10 ** power(-6, 16)).toPrecision(power(1, 18))),
    () => Math.floor(random() * 2 ** 53) / 2 ** power(0, 56),
    () => neighbour(2 ** power(-20, 60)),
    () => neighbour(10 ** power(-7, 18)),
    anyBits,
  ]
  for (let i = 0; i < 200_000; i++) {
    const value = kinds[i % kinds.length]!()
    if (!Number.isFinite(value)) continue
    assert.equal(bytes.toString('latin1', 0, writeNumber(value, view, 0)), JSON.stringify(value))
  }
})
