import { join } from 'node:path'
import type { Logger } from '../../telemetry/logger.ts'
import type { CommitFile } from './commit-file.ts'
import type { FileSystem, LogFile } from './file-system.ts'
import {
  decodeSegmentHeader,
  faultAt,
  groupFirstAt,
  LogCorrupted,
  offsetAt,
  recordBytesAt,
  recordHeaderBytes,
  type SegmentHeader,
  segmentBase,
  segmentHeaderBytes,
  segmentName,
} from './layout.ts'
import { createSegment, type Segment } from './segments.ts'

export type Recovered = { readonly list: Segment[]; readonly lastFile: LogFile; readonly end: number }

type Place = {
  readonly fileSystem: FileSystem
  readonly directory: string
  readonly commitFile: CommitFile
  readonly logger: Logger
}

/**
 * Brings the segment files of a log to a known state: leftovers gone, neighbours checked, the last one verified record by
 * record, its torn end cut off, and everything that is left durable.
 */
export async function recover(place: Place, names: readonly string[]): Promise<Recovered> {
  const { fileSystem, directory, commitFile } = place
  const committed = commitFile.current().offset
  const bases = names.map(segmentBase).filter((base) => base !== undefined)
  bases.sort((a, b) => a - b)
  await removeUnused(place, bases)
  // Segments wholly below the commit were dropped already, but a power cut may have brought some of them back.
  const dropped: number[] = []
  while (bases[1] !== undefined && bases[1] <= committed) dropped.push(bases.shift()!)
  const oldest = bases[0]
  if (oldest === undefined) return startNew(place)
  if (oldest > committed)
    throw new LogCorrupted(
      join(directory, segmentName(oldest)),
      0,
      `records from ${committed} to ${oldest} are missing`,
    )
  const recovered = await openLast(place, await openList(place, bases))
  // Only now are the segments that follow them surely on disk.
  for (const base of dropped) await fileSystem.remove(join(directory, segmentName(base)))
  return recovered
}

/** The last segment's header is durable before the first record is written, so without a whole header it was never used. */
async function removeUnused({ fileSystem, directory, commitFile, logger }: Place, bases: number[]): Promise<void> {
  const last = bases.at(-1)
  if (last === undefined) return
  const path = join(directory, segmentName(last))
  const { header, bytes } = await readHeader(fileSystem, path, commitFile)
  if (typeof header === 'object' || bytes > segmentHeaderBytes) return
  logger.warn({ file: path }, 'removing a segment whose making was cut short')
  await fileSystem.remove(path)
  await fileSystem.syncDirectory(directory)
  bases.pop()
}

async function startNew({ fileSystem, directory, commitFile }: Place): Promise<Recovered> {
  if (commitFile.durableEnd() > 0)
    throw new LogCorrupted(directory, 0, `all records up to ${commitFile.durableEnd()} are missing`)
  const header = { base: 0, previousBase: 0, previousBytes: 0 }
  const { segment, file } = await createSegment(fileSystem, directory, commitFile.identity, header)
  return { list: [segment], lastFile: file, end: 0 }
}

async function openList({ fileSystem, directory, commitFile }: Place, bases: readonly number[]): Promise<Segment[]> {
  const list: Segment[] = []
  for (const base of bases) {
    const path = join(directory, segmentName(base))
    const { header, bytes } = await readHeader(fileSystem, path, commitFile)
    if (typeof header === 'string') throw new LogCorrupted(path, 0, header)
    if (header.base !== base) throw new LogCorrupted(path, 32, `its header says it begins at ${header.base}`)
    const previous = list.at(-1)
    if (previous && header.previousBase !== previous.base)
      throw new LogCorrupted(path, 40, `the segment before it is ${header.previousBase}, but ${previous.base} is found`)
    if (previous && header.previousBytes !== previous.bytes)
      throw new LogCorrupted(previous.path, previous.bytes, `it must be ${header.previousBytes} bytes long`)
    list.push({ base, path, bytes })
  }
  return list
}

async function readHeader(
  fileSystem: FileSystem,
  path: string,
  commitFile: CommitFile,
): Promise<{ header: SegmentHeader | string; bytes: number }> {
  const file = await fileSystem.open(path, 'read')
  try {
    const head = Buffer.alloc(segmentHeaderBytes)
    const length = await file.read(head, 0)
    return {
      header: decodeSegmentHeader(commitFile.identity, head.subarray(0, length)),
      bytes: await file.size(),
    }
  } finally {
    await file.close()
  }
}

async function openLast({ fileSystem, directory, commitFile, logger }: Place, list: Segment[]): Promise<Recovered> {
  const last = list.at(-1)!
  const file = await fileSystem.open(last.path, 'write')
  try {
    const { position, offset, groupPosition } = await verify(file, last, commitFile.identity.salt)
    if (offset < commitFile.durableEnd())
      throw new LogCorrupted(last.path, position, `records from ${offset} to ${commitFile.durableEnd()} are missing`)
    if (position < last.bytes) {
      await proveTorn(file, last, position, offset, commitFile.identity.salt)
      logger.warn({ file: last.path, position, bytes: last.bytes - position }, 'cutting off a torn write')
    }
    last.bytes = position
    await makeDurable(file, groupPosition, position)
    await fileSystem.syncDirectory(directory)
    return { list, lastFile: file, end: offset }
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * A killed process may leave records that were written but not synced, or whose sync failed: those are read back from the
 * system's memory though they are not on disk, and another sync would not write them. Only the last group can be such, so
 * it is written again, and the size is changed and changed back, before anyone sees these records.
 */
async function makeDurable(file: LogFile, groupPosition: number, end: number): Promise<void> {
  const group = Buffer.allocUnsafe(end - groupPosition)
  await file.read(group, groupPosition)
  // The group first: it may hold the header, and a file that is longer than its header must have one.
  await file.write(group, groupPosition)
  await file.truncate(end + 1)
  await file.truncate(end)
  await file.sync()
}

const scanBytes = 4 * 1024 * 1024

/**
 * Position and offset of the first byte that is not part of a whole, true record, and where the last group begins: 0 when
 * it is the segment's first, since then the header is as new as the group.
 */
async function verify(
  file: LogFile,
  segment: Segment,
  salt: number,
): Promise<{ position: number; offset: number; groupPosition: number }> {
  let buffer = Buffer.allocUnsafe(Math.min(scanBytes, segment.bytes))
  let position = segmentHeaderBytes
  let offset = segment.base
  let groupPosition = 0
  while (position < segment.bytes) {
    const length = await file.read(buffer.subarray(0, segment.bytes - position), position)
    let at = 0
    while (faultAt(buffer, at, length, salt, offset) === undefined) {
      if (groupFirstAt(buffer, at) === offset && offset > segment.base) groupPosition = position + at
      at += recordBytesAt(buffer, at)
      offset++
    }
    position += at
    if (at > 0) continue
    // Nothing whole in the buffer: the record is longer than it, or not a record.
    const recordBytes = length < recordHeaderBytes ? 0 : recordBytesAt(buffer, 0)
    if (recordBytes <= buffer.length || recordBytes > segment.bytes - position) break
    buffer = Buffer.allocUnsafe(recordBytes)
  }
  return { position, offset, groupPosition }
}

/**
 * A bad record is the torn end of the last write unless some record behind it was written in a later group: a group is
 * written only when the one before is durable, so then the bad one was durable and acknowledged, and cutting it off would
 * lose it and all after it. Its length cannot be trusted, so the search tries every byte.
 */
async function proveTorn(file: LogFile, segment: Segment, from: number, offset: number, salt: number): Promise<void> {
  const rest = Buffer.allocUnsafe(segment.bytes - from)
  const length = await file.read(rest, from)
  // No more records than this fit behind the bad one; without the bound every length would cost a checksum.
  const offsetLimit = offset + length / recordHeaderBytes
  for (let at = 1; at + recordHeaderBytes <= length; at++) {
    if (offsetAt(rest, at) > offsetLimit || groupFirstAt(rest, at) <= offset) continue
    if (faultAt(rest, at, length, salt, offsetAt(rest, at)) !== undefined) continue
    const fault = faultAt(rest, 0, length, salt, offset)
    throw new LogCorrupted(segment.path, from, `${fault}, though record ${offsetAt(rest, at)} was written later`)
  }
}
