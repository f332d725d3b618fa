import { createDiskReader } from './disk-reader.ts'
import type { FileSystem } from './file-system.ts'
import type { LogRecord } from './log.ts'
import type { Recent } from './recent.ts'
import type { Segments } from './segments.ts'

/** The reading half of the log: from memory when the records are recent, else from disk; waits at the end. */
export type Reader = {
  readonly read: (offset: number, maximumBytes: number, signal: AbortSignal) => Promise<LogRecord[]>
  /** Call when the end of the log has moved. */
  readonly wake: () => void
  readonly close: () => Promise<void>
}

export type ReaderOptions = {
  readonly fileSystem: FileSystem
  readonly segments: Segments
  readonly recent: Recent
  readonly salt: number
  readonly end: () => number
}

export function createReader({ fileSystem, segments, recent, salt, end }: ReaderOptions): Reader {
  const disk = createDiskReader(fileSystem, salt)
  let wake: (() => void) | undefined
  let closed = false
  let busy: Promise<LogRecord[]> | undefined

  async function read(offset: number, maximumBytes: number, signal: AbortSignal): Promise<LogRecord[]> {
    const first = segments.list[0]!.base
    if (offset < first || offset > end())
      throw new RangeError(`offset ${offset} is not among the log's records, ${first} to ${end()}`)
    while (offset === end()) {
      if (signal.aborted || closed) return []
      await arrival(signal)
    }
    if (signal.aborted) return []
    const records = recent.read(offset, end(), maximumBytes)
    if (records) return records
    const segment = segments.list.findLast(({ base }) => base <= offset)
    if (!segment) throw new RangeError(`record ${offset} was dropped while it was being read`)
    return disk.read(segment, offset, maximumBytes)
  }

  function arrival(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      wake = () => {
        wake = undefined
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = wake
      signal.addEventListener('abort', onAbort)
    })
  }

  return {
    read(offset, maximumBytes, signal) {
      if (busy) return Promise.reject(new Error('reads of one partition must not overlap'))
      busy = read(offset, maximumBytes, signal).finally(() => {
        busy = undefined
      })
      return busy
    },
    wake: () => wake?.(),
    async close() {
      closed = true
      wake?.()
      await busy?.catch(() => undefined)
      await disk.close()
    },
  }
}
