import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unpack } from 'msgpackr'
import { formatToken } from '../../schema/token.ts'
import { createAckWriter } from './acks.ts'

const position = (offset: number) => {
  return { partition: 0, offset, token: formatToken({ log: 'a'.repeat(64), offsets: new Map([[999_999, offset]]) }) }
}
const sizes = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]

test('numbers of every size come back from an acknowledgement, with the token of its own record', () => {
  const acks = createAckWriter()
  for (const seq of [-1, ...sizes]) {
    for (const n of sizes) {
      for (const offset of [3, 10 ** 14]) {
        const { token } = position(offset)
        assert.deepEqual(unpack(acks.one(n, seq, { partition: 0, offset, token })), {
          ...{ ok: true, at: token },
          ...{ seq: seq < 0 ? null : seq, n },
        })
      }
    }
  }
})

test('frames that follow each other are one range, however many there are', () => {
  const acks = createAckWriter()
  const one = position(1)
  const many = (numbers: number[], from = 0, to = numbers.length) => {
    return (unpack(acks.many(numbers, from, to, one)) as { n: number[] }).n
  }
  assert.deepEqual(many([7]), [7, 7])
  assert.deepEqual(many([1, 2, 3, 5, 9, 10]), [1, 3, 5, 5, 9, 10])
  assert.deepEqual(many([1, 2, 3, 5, 9, 10], 1, 4), [2, 3, 5, 5])
  const odd = Array.from({ length: 1024 }, (_, i) => 2 ** 33 + i * 2)
  assert.deepEqual(
    many(odd),
    odd.flatMap((n) => [n, n]),
  )
  assert.deepEqual(unpack(acks.one(1, 2, one)), { ok: true, at: one.token, seq: 2, n: 1 })
  assert.deepEqual(many([4, 5]), [4, 5])
})
