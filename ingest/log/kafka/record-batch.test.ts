import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { crc32c } from '@node-rs/crc32'
import { encodeRecordBatch, type Message, readRecordBatches } from './record-batch.ts'

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
    assert.deepEqual(readAll(all), [[0, message.value]])
  })
}

function readAll(bytes: Buffer): [offset: number, value: Buffer][] {
  const found: [number, Buffer][] = []
  readRecordBatches(bytes, (offset, value) => found.push([offset, Buffer.from(value)]))
  return found
}

/** As a broker keeps it: at an offset, which is not part of what is summed up. */
function batchAt(offset: number, message: Message): Buffer {
  const { head, value, tail } = encodeRecordBatch(message, Buffer.alloc(10), 0, 0)
  const bytes = Buffer.concat([head, value, tail])
  bytes.writeBigInt64BE(BigInt(offset))
  return bytes
}

// kafkajs's encoder makes batches of several records, and compressed ones.
type Encode = (batch: object) => Promise<{ readonly buffer: Buffer }>
const encodeBatch: Encode = require('kafkajs/src/protocol/recordBatch/v0').RecordBatch
const encodeRecord: (record: object) => unknown = require('kafkajs/src/protocol/recordBatch/record/v0')

function batchOfKafkajs(values: readonly Buffer[], compression = 0): Promise<{ readonly buffer: Buffer }> {
  const records = values.map((value, offsetDelta) => {
    return encodeRecord({ offsetDelta, timestampDelta: offsetDelta * 1e12, key: 'k', value, headers: { a: 'b' } })
  })
  return encodeBatch({ records, compression, lastOffsetDelta: values.length - 1 })
}

test('batches are read one after the other, however many records each has, and without what is cut off', async () => {
  const several = (await batchOfKafkajs([pattern(5), pattern(0), pattern(70_000)])).buffer
  several.writeBigInt64BE(2n ** 40n)
  const last = batchAt(2 ** 40 + 3, { value: pattern(9), key: 'x', headers: { y: 'z' } })
  const whole: [number, Buffer][] = [
    [2 ** 40, pattern(5)],
    [2 ** 40 + 1, pattern(0)],
    [2 ** 40 + 2, pattern(70_000)],
  ]
  assert.deepEqual(readAll(Buffer.concat([several, last])), [...whole, [2 ** 40 + 3, pattern(9)]])
  for (const cut of [1, last.length - 20, last.length - 1]) {
    assert.deepEqual(readAll(Buffer.concat([several, last.subarray(0, last.length - cut)])), whole)
  }
})

test('a batch with any bit wrong is refused, and so is one in a form that the log never has', async () => {
  const batch = batchAt(7, { value: pattern(20) })
  // The checksum covers all but the offset, the length and the leader's epoch.
  for (let bit = 16 * 8; bit < batch.length * 8; bit++) {
    const wrong = Buffer.from(batch)
    wrong[bit >> 3]! ^= 1 << (bit & 7)
    assert.throws(() => readAll(wrong), /checksum|version/, `bit ${bit}`)
  }
  const compressed = (await batchOfKafkajs([pattern(100)], 1)).buffer
  assert.throws(() => readAll(compressed), /compressed/)
})
