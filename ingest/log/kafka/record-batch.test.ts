import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { crc32c } from './crc32c.ts'
import { encodeRecordBatch, type Message } from './record-batch.ts'

// kafkajs's own decoder and checksum are the oracle.
const require = createRequire(import.meta.url)
const Decoder: new (bytes: Buffer) => unknown = require('kafkajs/src/protocol/decoder')
type Decoded = { records: { offset: string; key: Buffer | null; value: Buffer; headers: Record<string, unknown> }[] }
type Batch = Decoded & { producerId: string; producerEpoch: number; firstSequence: number; firstTimestamp: string }
const decodeBatch: (decoder: unknown) => Promise<Batch> = require('kafkajs/src/protocol/recordBatch/v0/decoder')
const plainChecksum: (bytes: Buffer) => number = require('kafkajs/src/protocol/recordBatch/crc32C')

const pattern = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7919 + (i >> 8)) & 255))

test('the checksum is that of RFC 3720, whatever the length, the place in memory, and the pieces', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
  assert.equal(crc32c(Buffer.alloc(32, 255)), 0x62a8ab43)
  const bytes = pattern(400)
  for (let from = 0; from < 20; from++) {
    for (const length of [0, 1, 2, 3, 4, 5, 15, 16, 17, 31, 64, 100, 333]) {
      const part = bytes.subarray(from, from + length)
      const expected = plainChecksum(part) >>> 0
      assert.equal(crc32c(part), expected, `${length} bytes from ${from}`)
      for (const cut of [1, 7, 16]) {
        assert.equal(crc32c(part.subarray(cut), crc32c(part.subarray(0, cut))), expected, `cut at ${cut}`)
      }
    }
  }
})

const cases: readonly [string, Message][] = [
  ['nothing in it', { value: Buffer.alloc(0) }],
  ['one byte', { value: pattern(1) }],
  ['a length at the edge of two bytes', { value: pattern(63) }],
  ['and of three', { value: pattern(8_191) }],
  ['a megabyte', { value: pattern(1024 * 1024) }],
  ['a key and headers', { value: pattern(100), key: '0-5-1', headers: { reason: 'key_collision', ü: 'ß€' } }],
  ['a long key', { value: pattern(3), key: 'k'.repeat(300), headers: {} }],
]

for (const [name, message] of cases) {
  test(`a batch is what kafkajs reads back: ${name}`, async () => {
    const producer = Buffer.from('00000000000012340007', 'hex')
    const nowMs = 1_700_000_000_123
    const { head, value, tail, bytes } = encodeRecordBatch(message, producer, 77_777, nowMs)
    const all = Buffer.concat([head, value, tail])
    assert.equal(all.length, bytes)
    assert.equal(all.readUInt32BE(17), plainChecksum(all.subarray(21)) >>> 0)
    const batch = await decodeBatch(new Decoder(all))
    assert.equal(batch.producerId, String(0x1234))
    assert.equal(batch.producerEpoch, 7)
    assert.equal(batch.firstSequence, 77_777)
    assert.equal(batch.firstTimestamp, String(nowMs))
    assert.equal(batch.records.length, 1)
    const [record] = batch.records
    assert.deepEqual(record!.value, message.value)
    assert.equal(record!.key === null ? undefined : String(record!.key), message.key)
    const headers = Object.entries(record!.headers).map(([key, text]) => [key, String(text)])
    assert.deepEqual(Object.fromEntries(headers), message.headers ?? {})
  })
}
