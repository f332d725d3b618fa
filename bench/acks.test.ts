import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pack, unpack } from 'msgpackr'
import { createAckWriter } from '../ingest/gateway/acks.ts'
import { createAck, readAck } from './acks.ts'

const numbers = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1]
const tokens = ['', 'MXxh', 'a'.repeat(31), 'b'.repeat(32), 'c'.repeat(255)]
const position = (token: string) => ({ token, partition: 0, offset: 0 })

function read(payload: Uint8Array): { n: number[]; at: string } | undefined {
  // Somewhere in a buffer with more around it.
  const buffer = Buffer.concat([Buffer.from([0xff, 0xff, 0xff]), payload, Buffer.from([0x84, 0xa2])])
  const ack = createAck()
  if (!readAck(buffer, 3, 3 + payload.length, ack)) return undefined
  return { n: ack.numbers.slice(0, ack.length), at: buffer.toString('latin1', ack.atStart, ack.atEnd) }
}

test('an acknowledgement of one frame is read as the gateway writes it, and as a decoder reads it', () => {
  const writer = createAckWriter()
  for (const n of numbers) {
    for (const seq of [-1, ...numbers]) {
      for (const at of tokens) {
        const payload = writer.one(n, seq, position(at))
        assert.deepEqual(unpack(payload), { ok: true, at, seq: seq < 0 ? null : seq, n })
        assert.deepEqual(read(payload), { n: [n, n], at })
      }
    }
  }
})

test('an acknowledgement of many is read as the gateway writes it, and as a decoder reads it', () => {
  const writer = createAckWriter()
  const far = Array.from({ length: 40 }, (_, i) => 300 * i)
  for (const many of [[7], [0, 1, 2], numbers, [5, 6, 9, 10, 11, 70_000], far]) {
    for (const at of tokens) {
      const payload = writer.many(many, 0, many.length, position(at))
      const { n } = unpack(payload) as { n: number[] }
      assert.deepEqual(read(payload), { n, at })
      const told = n.flatMap((first, i) =>
        i % 2 === 0 ? Array.from({ length: n[i + 1]! - first + 1 }, (_, j) => first + j) : [],
      )
      assert.deepEqual(told, many)
    }
  }
})

test('anything else is left to a decoder', () => {
  const ack = { ok: true, at: 'token', seq: 5, n: 7 }
  const many = { ok: true, at: 'token', n: [7, 8] }
  const short = (value: unknown) => {
    const bytes = Buffer.from(pack(value))
    // msgpackr writes maps in their long form.
    return bytes[0] === 0xde ? Buffer.concat([Buffer.from([0x80 | bytes[2]!]), bytes.subarray(3)]) : bytes
  }
  assert.deepEqual(read(short(ack)), { n: [7, 7], at: 'token' })
  assert.deepEqual(read(short(many)), { n: [7, 8], at: 'token' })
  for (const other of [
    { ...ack, ok: false },
    { ...ack, more: 1 },
    { ok: true, seq: 5, n: 7, at: 'token' },
    { ...ack, n: -1 },
    { ...ack, n: 1.5 },
    { ...ack, n: [7, 8] },
    { ...ack, at: null },
    { ...many, n: 7 },
    { ...many, n: [] },
    { ...many, n: [7] },
    { ...many, n: [7, -1] },
    { ...many, n: [7, '8'] },
    { ok: false, seq: 5, n: 7, error: { code: 'overloaded', message: 'x', retryable: true } },
    [ack],
    7,
  ]) {
    assert.equal(read(short(other)), undefined, JSON.stringify(other))
  }
})

test('an acknowledgement that is cut short or followed by more is none', () => {
  const writer = createAckWriter()
  for (const write of [
    () => writer.one(70_000, 300, position('a-token-of-some-length')),
    () => writer.many([70_000, 70_001, 70_005], 0, 3, position('a-token-of-some-length')),
  ]) {
    const whole = Buffer.from(write())
    for (let length = 0; length < whole.length; length++) assert.equal(read(whole.subarray(0, length)), undefined)
    assert.equal(read(Buffer.concat([whole, Buffer.from([0])])), undefined)
  }
})
