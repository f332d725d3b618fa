import { crc32c } from '@node-rs/crc32'

/** What a record carries; records of the log have a value alone. */
export type Message = {
  readonly value: Uint8Array
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A batch of one record, ready to be sent, as often as it takes: `head`, then the message's own bytes, then `tail`. */
export type RecordBatch = {
  readonly head: Buffer
  readonly value: Uint8Array
  readonly tail: Buffer
  readonly bytes: number
}

/** Producer id and epoch as Kafka gives them and takes them back: ten bytes. */
export type ProducerIdentity = Buffer

/*
 * A record batch, version 2. All but the record's own lengths are fixed in size, big-endian:
 *
 *    0  base offset       8  0; the broker sets it
 *    8  length            4  of what follows
 *   12  leader epoch      4  -1
 *   16  version           1  2
 *   17  checksum          4  CRC-32C of what follows
 *   21  attributes        2  0: not compressed, no transaction
 *   23  last offset delta 4  0: one record
 *   27  first time, ms    8
 *   35  last time, ms     8
 *   43  producer          10 id and epoch
 *   53  sequence          4  number of the record among those of this producer in this partition
 *   57  records           4  1
 *   61  the record: length, attributes, time delta, offset delta, key, value, headers
 */
const lengthFrom = 12
const checksumAt = 17
const checkedFrom = 21
const recordAt = 61

const noHeaders = Buffer.from([0])

export function encodeRecordBatch(
  { value, key, headers }: Message,
  producer: ProducerIdentity,
  sequence: number,
  nowMs: number,
): RecordBatch {
  const keyBytes = key === undefined ? undefined : Buffer.from(key)
  const keyLength = keyBytes === undefined ? 1 : varintLength(keyBytes.length) + keyBytes.length
  const tail = headers ? encodeHeaders(headers) : noHeaders
  const length = 3 + keyLength + varintLength(value.length) + value.length + tail.length
  const headBytes = recordAt + varintLength(length) + length - value.length - tail.length
  const bytes = headBytes + value.length + tail.length
  const head = Buffer.alloc(headBytes)
  head.writeInt32BE(bytes - lengthFrom, 8)
  head.writeInt32BE(-1, 12)
  head[16] = 2
  putMilliseconds(head, nowMs, 27)
  putMilliseconds(head, nowMs, 35)
  producer.copy(head, 43)
  head.writeInt32BE(sequence, 53)
  head.writeInt32BE(1, 57)
  // The three bytes of attributes, time delta and offset delta are zero.
  let at = putVarint(head, length, recordAt) + 3
  at = putVarint(head, keyBytes === undefined ? -1 : keyBytes.length, at)
  if (keyBytes) at += keyBytes.copy(head, at)
  putVarint(head, value.length, at)
  const checksum = crc32c(tail, crc32c(value, crc32c(head.subarray(checkedFrom))))
  head.writeUInt32BE(checksum, checksumAt)
  return { head, value, tail, bytes }
}

function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(headers)
  const texts = entries.flat().map((text) => Buffer.from(text))
  const size = texts.reduce((sum, text) => sum + varintLength(text.length) + text.length, varintLength(entries.length))
  const bytes = Buffer.alloc(size)
  let at = putVarint(bytes, entries.length, 0)
  for (const text of texts) {
    at = putVarint(bytes, text.length, at)
    at += text.copy(bytes, at)
  }
  return bytes
}

function putMilliseconds(bytes: Buffer, ms: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(ms / 2 ** 32), at)
  bytes.writeUInt32BE((ms % 2 ** 32) >>> 0, at + 4)
}

/**
 * Passes on the values of all whole batches, with their offsets; they are views of `bytes`. What the broker's limit cut off at the end
 * comes with the next fetch. @throws Error when they are not as they were sent, or in a form that the log never has
 */
export function readRecordBatches(bytes: Buffer, take: (offset: number, value: Buffer) => void): void {
  for (let at = 0; at + recordAt <= bytes.length; ) {
    const end = at + lengthFrom + bytes.readInt32BE(at + 8)
    if (end > bytes.length) return
    if (bytes[at + 16] !== 2) throw new Error(`a batch of version ${bytes[at + 16]}`)
    if (crc32c(bytes.subarray(at + checkedFrom, end)) !== bytes.readUInt32BE(at + checksumAt)) {
      throw new Error('a batch does not match its checksum')
    }
    const attributes = bytes.readInt16BE(at + 21)
    if ((attributes & 0b111) !== 0) throw new Error('a compressed batch')
    // Marks of transactions, which the log has none of, are no records.
    if ((attributes & 0b100000) === 0) readRecords(bytes, at, end, take)
    at = end
  }
}

function readRecords(bytes: Buffer, from: number, end: number, take: (offset: number, value: Buffer) => void): void {
  const cursor = { bytes, at: from + recordAt, end }
  const first = bytes.readInt32BE(from) * 2 ** 32 + bytes.readUInt32BE(from + 4)
  for (let left = bytes.readInt32BE(from + 57); left > 0; left--) {
    const length = takeVarint(cursor)
    const next = cursor.at + length
    cursor.at++
    // Of the time delta, which may have more than 32 bits, only the end matters.
    while (bytes[cursor.at++]! > 127);
    const offset = first + takeVarint(cursor)
    const keyBytes = Math.max(0, takeVarint(cursor))
    cursor.at += keyBytes
    const valueBytes = Math.max(0, takeVarint(cursor))
    if (length < 0 || next > end || cursor.at + valueBytes > next) throw new Error('a record is longer than its batch')
    take(offset, bytes.subarray(cursor.at, cursor.at + valueBytes))
    cursor.at = next
  }
}

function takeVarint(cursor: { readonly bytes: Buffer; at: number; readonly end: number }): number {
  let folded = 0
  for (let shift = 0; ; shift += 7) {
    if (cursor.at >= cursor.end || shift > 28) throw new Error('a number is longer than its batch')
    const byte = cursor.bytes[cursor.at++]!
    folded |= (byte & 127) << shift
    if (byte < 128) return (folded >>> 1) ^ -(folded & 1)
  }
}

/** Signed numbers of 32 bits, the small ones short: 0, -1, 1, -2 are 0, 1, 2, 3. */
function varintLength(value: number): number {
  const folded = ((value << 1) ^ (value >> 31)) >>> 0
  return folded < 2 ** 7 ? 1 : folded < 2 ** 14 ? 2 : folded < 2 ** 21 ? 3 : folded < 2 ** 28 ? 4 : 5
}

/** @returns where it ends */
function putVarint(bytes: Buffer, value: number, at: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  for (; rest > 127; rest >>>= 7) bytes[at++] = (rest & 127) | 128
  bytes[at++] = rest
  return at
}
