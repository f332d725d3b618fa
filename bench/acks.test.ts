import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Packr, pack } from 'msgpackr'
import { type Ack, readAck } from './acks.ts'

const short = new Packr({ useRecords: false, variableMapSize: true })
const numbers = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1]
const tokens = ['', 'MXxh', 'a'.repeat(31), 'b'.repeat(32), 'c'.repeat(255), 'd'.repeat(256), 'e'.repeat(4_000)]

function read(payload: Uint8Array): { n: number; at: string } | undefined {
  // Somewhere in a buffer with more around it.
  const buffer = Buffer.concat([Buffer.from([0xff, 0xff, 0xff]), payload, Buffer.from([0x84, 0xa2])])
  const ack: Ack = { n: -1, atStart: -1, atEnd: -1 }
  if (!readAck(buffer, 3, 3 + payload.length, ack)) return undefined
  return { n: ack.n, at: buffer.toString('latin1', ack.atStart, ack.atEnd) }
}

for (const [name, encode] of [
  ['as our gateway writes it', pack],
  ['in its short form', short.pack],
] as const) {
  test(`an acknowledgement ${name} is read as a decoder reads it`, () => {
    for (const n of numbers) {
      for (const seq of [null, ...numbers.slice(0, -1)]) {
        for (const at of tokens) assert.deepEqual(read(encode({ ok: true, seq, n, at })), { n, at })
      }
    }
  })
}

test('anything else is left to a decoder', () => {
  const ack = { ok: true, seq: 5, n: 7, at: 'token' }
  for (const other of [
    { ...ack, ok: false },
    { ...ack, more: 1 },
    { ok: true, n: 7, seq: 5, at: 'token' },
    { ...ack, n: -1 },
    { ...ack, n: 1.5 },
    { ...ack, at: null },
    { ok: false, seq: 5, n: 7, error: { code: 'overloaded', message: 'x', retryable: true } },
    [ack],
    7,
  ]) {
    assert.equal(read(pack(other)), undefined, JSON.stringify(other))
  }
})

test('an acknowledgement that is cut short or followed by more is none', () => {
  const whole = Buffer.from(pack({ ok: true, seq: 300, n: 70_000, at: 'a-token-of-some-length' }))
  for (let length = 0; length < whole.length; length++) assert.equal(read(whole.subarray(0, length)), undefined)
  assert.equal(read(Buffer.concat([whole, Buffer.from([0])])), undefined)
})
