import { crc32 } from 'node:zlib'

/**
 * Bytes on disk; every number is little-endian. A log is a directory with one commit file (see `commit-file.ts`) and
 * segment files named by the offset of their first record, `0000000000001234.segment`.
 *
 * Segment: a header of 64 bytes, then records without gaps.
 *
 *   0  8  magic "STEPLOG1"
 *   8  4  format version, 1
 *  12  4  salt of the log
 *  16 16  log id
 *  32  8  base: offset of the first record
 *  40  8  base of the segment before; equal to base when there was none
 *  48  8  bytes of the segment before, so that a start sees that it is complete without reading it
 *  56  4  zero
 *  60  4  CRC-32 of bytes 0-59
 *
 * Record: a header of 20 bytes, then the payload.
 *
 *   0  4  CRC-32 of the rest of the record, started from the salt
 *   4  4  payload length in bytes
 *   8  8  offset
 *  16  4  index of the record in the group it was synced with
 *  20     payload
 *
 * The salt is a secret of the log, so that no payload can be made to look like a record to the search in `recover.ts`.
 * The index tells which records were durable when this one was written: all before offset - index.
 */
export const segmentHeaderBytes = 64
export const recordHeaderBytes = 20
const formatVersion = 1
const segmentMagic = Buffer.from('STEPLOG1', 'latin1')

/** What never changes about a log. `id` is 32 hex digits. */
export type Identity = { readonly id: string; readonly salt: number }

/** Damage on disk that is not the torn end of the last write. Someone must look; nothing is skipped or cut. */
export class LogCorrupted extends Error {
  readonly file: string
  readonly position: number
  constructor(file: string, position: number, what: string) {
    super(`log file ${file} is damaged at byte ${position}: ${what}`)
    this.name = 'LogCorrupted'
    this.file = file
    this.position = position
  }
}

/** A safe integer in 8 bytes, without the BigInt that `writeBigUInt64LE` allocates. */
export function writeInteger(bytes: Buffer, value: number, position: number): void {
  bytes.writeUInt32LE(value % 0x1_0000_0000, position)
  bytes.writeUInt32LE(Math.floor(value / 0x1_0000_0000), position + 4)
}

export function readInteger(bytes: Buffer, position: number): number {
  return bytes.readUInt32LE(position + 4) * 0x1_0000_0000 + bytes.readUInt32LE(position)
}

export function segmentName(base: number): string {
  return `${String(base).padStart(16, '0')}.segment`
}

/** Undefined when the name is not a segment's. */
export function segmentBase(name: string): number | undefined {
  return /^\d{16}\.segment$/.test(name) ? Number(name.slice(0, 16)) : undefined
}

export type SegmentHeader = {
  readonly base: number
  readonly previousBase: number
  readonly previousBytes: number
}

export function encodeSegmentHeader(identity: Identity, header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes)
  segmentMagic.copy(bytes)
  bytes.writeUInt32LE(formatVersion, 8)
  bytes.writeUInt32LE(identity.salt, 12)
  bytes.write(identity.id, 16, 'hex')
  writeInteger(bytes, header.base, 32)
  writeInteger(bytes, header.previousBase, 40)
  writeInteger(bytes, header.previousBytes, 48)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60)
  return bytes
}

/** The header, or what is wrong with it as text. */
export function decodeSegmentHeader(identity: Identity, bytes: Buffer): SegmentHeader | string {
  if (bytes.length < segmentHeaderBytes) return 'its header is cut short'
  if (crc32(bytes.subarray(0, 60)) !== bytes.readUInt32LE(60)) return 'its header has a wrong checksum'
  if (!bytes.subarray(0, 8).equals(segmentMagic)) return 'it is not a segment'
  if (bytes.readUInt32LE(8) !== formatVersion) return `format version ${bytes.readUInt32LE(8)} is unknown`
  if (bytes.toString('hex', 16, 32) !== identity.id || bytes.readUInt32LE(12) !== identity.salt)
    return 'it belongs to another log'
  return {
    base: readInteger(bytes, 32),
    previousBase: readInteger(bytes, 40),
    previousBytes: readInteger(bytes, 48),
  }
}

/** Writes one record at `position` of `bytes`, which must have room; returns the position after it. */
export function encodeRecord(
  bytes: Buffer,
  position: number,
  salt: number,
  offset: number,
  groupIndex: number,
  payload: Uint8Array,
): number {
  const end = position + recordHeaderBytes + payload.length
  bytes.writeUInt32LE(payload.length, position + 4)
  writeInteger(bytes, offset, position + 8)
  bytes.writeUInt32LE(groupIndex, position + 16)
  bytes.set(payload, position + recordHeaderBytes)
  bytes.writeUInt32LE(crc32(bytes.subarray(position + 4, end), salt), position)
  return end
}

/** Bytes of the record whose header is at `position`, as far as the header can be believed. */
export function recordBytesAt(bytes: Buffer, position: number): number {
  return recordHeaderBytes + bytes.readUInt32LE(position + 4)
}

export function offsetAt(bytes: Buffer, position: number): number {
  return readInteger(bytes, position + 8)
}

/** The first offset of the group that the record at `position` was synced with: all before it were durable already. */
export function groupFirstAt(bytes: Buffer, position: number): number {
  return offsetAt(bytes, position) - bytes.readUInt32LE(position + 16)
}

/** Undefined when a whole and true record with this offset lies between `position` and `end`, else what is wrong. */
export function faultAt(
  bytes: Buffer,
  position: number,
  end: number,
  salt: number,
  offset: number,
): string | undefined {
  if (end - position < recordHeaderBytes) return 'a record header is cut short'
  const recordEnd = position + recordBytesAt(bytes, position)
  if (recordEnd > end) return 'a record reaches beyond the end of the file'
  if (offsetAt(bytes, position) !== offset)
    return `record ${offset} is expected, ${offsetAt(bytes, position)} is written`
  if (crc32(bytes.subarray(position + 4, recordEnd), salt) !== bytes.readUInt32LE(position))
    return `record ${offset} has a wrong checksum`
  return undefined
}
