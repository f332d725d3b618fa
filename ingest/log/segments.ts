import { join } from 'node:path'
import type { Logger } from '../../telemetry/logger.ts'
import type { FileSystem, LogFile } from './file-system.ts'
import { encodeSegmentHeader, type Identity, segmentHeaderBytes, segmentName } from './layout.ts'

/** One file of records, `base` the offset of the first; `bytes` is how much of it is durable. */
export type Segment = { readonly base: number; readonly path: string; bytes: number }

/** The segment files of an open log, oldest first. All but the last are complete; the last one is written to. */
export type Segments = {
  readonly list: readonly Segment[]
  readonly bytes: () => number
  /** Writes a group behind the last record, durably. After an error call `repair` before anything else. */
  readonly write: (group: Buffer, firstOffset: number) => Promise<void>
  /** Makes the disk hold again what was durable before the failed `write`, and nothing of it. */
  readonly repair: () => Promise<void>
  /** Removes segments that hold only records below `offset`, never the last one. */
  readonly drop: (offset: number) => Promise<void>
  readonly close: () => Promise<void>
}

export type SegmentsOptions = {
  readonly fileSystem: FileSystem
  readonly directory: string
  readonly identity: Identity
  readonly segmentBytes: number
  readonly logger: Logger
}

/** `list` and `lastFile`, open for writing, as `recover` found or made them. */
export function createSegments(options: SegmentsOptions, list: Segment[], lastFile: LogFile): Segments {
  const { fileSystem, directory, identity, segmentBytes, logger } = options
  let file = lastFile
  let bytes = list.reduce((sum, segment) => sum + segment.bytes, 0)
  /** A segment file that may be on disk though making it failed. */
  let unfinished: string | undefined

  async function roll(base: number): Promise<void> {
    const last = list.at(-1)!
    unfinished = join(directory, segmentName(base))
    const header = { base, previousBase: last.base, previousBytes: last.bytes }
    const made = await createSegment(fileSystem, directory, identity, header)
    unfinished = undefined
    await file
      .close()
      .catch((error: unknown) => logger.warn({ err: error, file: last.path }, 'closing a segment failed'))
    file = made.file
    list.push(made.segment)
    bytes += made.segment.bytes
  }

  return {
    list,
    bytes: () => bytes,
    async write(group, firstOffset) {
      const last = list.at(-1)!
      if (last.bytes > segmentHeaderBytes && last.bytes + group.length > segmentBytes) await roll(firstOffset)
      const target = list.at(-1)!
      await file.write(group, target.bytes)
      target.bytes += group.length
      bytes += group.length
    },
    async repair() {
      if (unfinished !== undefined) {
        await removeIfThere(fileSystem, unfinished)
        await fileSystem.syncDirectory(directory)
        unfinished = undefined
      }
      const last = list.at(-1)!
      // Longer first: a sync that failed is reported once and then forgotten, so each try must have a change of size to sync.
      await file.truncate(last.bytes + 1)
      await file.truncate(last.bytes)
      await file.sync()
    },
    async drop(offset) {
      while (list.length > 1 && list[1]!.base <= offset) {
        const oldest = list[0]!
        // Not synced: a segment that comes back after a power cut is dropped again at start.
        await removeIfThere(fileSystem, oldest.path)
        list.shift()
        bytes -= oldest.bytes
      }
    },
    close: () => file.close(),
  }
}

/** A new segment, durable with its name before any record is written to it. */
export async function createSegment(
  fileSystem: FileSystem,
  directory: string,
  identity: Identity,
  header: { base: number; previousBase: number; previousBytes: number },
): Promise<{ segment: Segment; file: LogFile }> {
  const path = join(directory, segmentName(header.base))
  const file = await fileSystem.open(path, 'create')
  try {
    await file.write(encodeSegmentHeader(identity, header), 0)
    await fileSystem.syncDirectory(directory)
  } catch (error) {
    await file.close()
    throw error
  }
  return { segment: { base: header.base, path, bytes: segmentHeaderBytes }, file }
}

async function removeIfThere(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.remove(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
