import type { FileSystem, LogFile } from './file-system.ts'
import { faultAt, LogCorrupted, offsetAt, recordBytesAt, recordHeaderBytes, segmentHeaderBytes } from './layout.ts'
import type { LogRecord } from './log.ts'
import type { Segment } from './segments.ts'

/** Reads records back from segment files in order; remembers its place, so that the next read goes on from there. */
export type DiskReader = {
  /** `segment` must hold `offset` among its durable records. @throws LogCorrupted */
  readonly read: (segment: Segment, offset: number, maximumBytes: number) => Promise<LogRecord[]>
  readonly close: () => Promise<void>
}

const readBytesMinimum = 64 * 1024
const readBytesMaximum = 4 * 1024 * 1024

type Place = { readonly segment: Segment; readonly file: LogFile; position: number; offset: number }

export function createDiskReader(fileSystem: FileSystem, salt: number): DiskReader {
  let place: Place | undefined
  let buffer = Buffer.alloc(0)

  async function placeFor(segment: Segment, offset: number): Promise<Place> {
    if (place?.segment === segment && place.offset <= offset) return place
    await close()
    const file = await fileSystem.open(segment.path, 'read')
    place = { segment, file, position: segmentHeaderBytes, offset: segment.base }
    return place
  }

  async function close(): Promise<void> {
    const closing = place
    place = undefined
    await closing?.file.close()
  }

  return {
    async read(segment, offset, maximumBytes) {
      const durableBytes = segment.bytes
      const from = await placeFor(segment, offset)
      let wanted = Math.min(readBytesMaximum, Math.max(readBytesMinimum, maximumBytes + recordHeaderBytes))
      const records: LogRecord[] = []
      while (records.length === 0) {
        if (buffer.length < wanted) buffer = Buffer.allocUnsafeSlow(wanted)
        const left = durableBytes - from.position
        const length = await from.file.read(buffer.subarray(0, Math.min(wanted, left)), from.position)
        const used = take(from, offset, length, maximumBytes, records)
        if (used > 0) continue
        // Not even one whole record: it is longer than the buffer, or damaged.
        const recordBytes = length < recordHeaderBytes ? 0 : recordBytesAt(buffer, 0)
        if (recordBytes > wanted && recordBytes <= left && offsetAt(buffer, 0) === from.offset) wanted = recordBytes
        else
          throw new LogCorrupted(
            segment.path,
            from.position,
            faultAt(buffer, 0, length, salt, from.offset) ?? `record ${offset} is not in it`,
          )
      }
      return records
    },
    close,
  }

  /** Moves over whole records in the buffer and collects those from `offset` on; returns the bytes moved over. */
  function take(from: Place, offset: number, length: number, maximumBytes: number, records: LogRecord[]): number {
    let at = 0
    let payloadBytes = 0
    while (faultAt(buffer, at, length, salt, from.offset) === undefined) {
      const end = at + recordBytesAt(buffer, at)
      if (from.offset >= offset) {
        const payload = buffer.subarray(at + recordHeaderBytes, end)
        payloadBytes += payload.length
        if (records.length > 0 && payloadBytes > maximumBytes) break
        records.push({ offset: from.offset, payload })
      }
      from.offset++
      at = end
    }
    from.position += at
    return at
  }
}
