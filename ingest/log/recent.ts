import { offsetAt, recordBytesAt, recordHeaderBytes } from './layout.ts'
import type { LogRecord } from './log.ts'

/**
 * The newest records in memory, byte for byte as on disk: groups are encoded here, written to disk from here, and read
 * from here by a reader that keeps up.
 */
export type Recent = {
  /** The chunk for the record at `offset`: the last one if it has room, else a new one. May forget the oldest. */
  readonly chunkFor: (recordBytes: number, offset: number) => Chunk
  /** Forgets the records from `offset` on, which were encoded but never became durable. */
  readonly rewind: (chunk: Chunk, used: number, offset: number) => void
  /** Records from `offset` on that lie below `end`, from one chunk; undefined when `offset` is no longer here. */
  readonly read: (offset: number, end: number, maximumBytes: number) => LogRecord[] | undefined
}

/** Records `first` to `next` - 1, in `bytes` from 0 to `used`. */
export type Chunk = { readonly bytes: Buffer; readonly first: number; next: number; used: number }

const chunkBytesLimit = 8 * 1024 * 1024
/** The chunk being filled, the one being synced and the one being read. */
const chunksMinimum = 3

export function createRecent(keepBytes: number, durableEnd: () => number): Recent {
  const chunkBytes = Math.min(chunkBytesLimit, Math.max(64 * 1024, Math.floor(keepBytes / 4)))
  const chunks: Chunk[] = []
  let held = 0
  // The reader's last answer points into this chunk, so its memory must not be used again yet.
  let pinned: Chunk | undefined
  // One forgotten chunk's memory waits here to be used again: fresh memory costs a page fault every 4 KiB.
  let spare: Buffer | undefined
  const cursor: { chunk: Chunk | undefined; offset: number; position: number } = {
    chunk: undefined,
    offset: 0,
    position: 0,
  }

  function forgetOldest(): void {
    while (held > keepBytes && chunks.length >= chunksMinimum && chunks[0]!.next <= durableEnd()) {
      const chunk = chunks.shift()!
      held -= chunk.bytes.length
      if (chunk !== pinned && chunk.bytes.length === chunkBytes) spare = chunk.bytes
      if (chunk === cursor.chunk) cursor.chunk = undefined
    }
  }

  return {
    chunkFor(recordBytes, offset) {
      const last = chunks.at(-1)
      if (last && last.bytes.length - last.used >= recordBytes) return last
      const size = Math.max(chunkBytes, recordBytes)
      held += size
      forgetOldest()
      const bytes = size === chunkBytes && spare ? spare : Buffer.allocUnsafeSlow(size)
      if (bytes === spare) spare = undefined
      const chunk = { bytes, first: offset, next: offset, used: 0 }
      chunks.push(chunk)
      return chunk
    },
    rewind(chunk, used, offset) {
      while (chunks.length > 0 && chunks.at(-1) !== chunk) held -= chunks.pop()!.bytes.length
      chunk.used = used
      chunk.next = offset
    },
    read(offset, end, maximumBytes) {
      pinned = undefined
      let chunk: Chunk | undefined
      // A reader that keeps up wants the newest chunk, so the search begins there.
      for (let i = chunks.length - 1; i >= 0 && !chunk; i--) if (chunks[i]!.first <= offset) chunk = chunks[i]
      if (!chunk || offset >= chunk.next) return undefined
      let position = cursor.chunk === chunk && cursor.offset <= offset ? cursor.position : 0
      while (offsetAt(chunk.bytes, position) < offset) position += recordBytesAt(chunk.bytes, position)
      const records: LogRecord[] = []
      let payloadBytes = 0
      const stop = Math.min(end, chunk.next)
      for (let at = offset; at < stop; at++) {
        const recordEnd = position + recordBytesAt(chunk.bytes, position)
        const payload = chunk.bytes.subarray(position + recordHeaderBytes, recordEnd)
        payloadBytes += payload.length
        if (records.length > 0 && payloadBytes > maximumBytes) break
        records.push({ offset: at, payload })
        position = recordEnd
      }
      cursor.chunk = chunk
      cursor.offset = offset + records.length
      cursor.position = position
      pinned = chunk
      return records
    },
  }
}
