import { setTimeout as delay } from 'node:timers/promises'
import { type ErrorCode, Refusal } from '../../schema/errors.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { encodeRecord, recordHeaderBytes, segmentHeaderBytes } from './layout.ts'
import type { Chunk, Recent } from './recent.ts'
import type { Segments } from './segments.ts'

/**
 * The writing half of the log: group commit. While one group is on its way to disk, the records that arrive are encoded
 * into the next; only one group is ever not yet durable, so what a power cut damages is always the end of the log.
 */
export type Appender = {
  readonly append: (payload: Uint8Array) => Promise<number>
  /** Offset after the last durable record. */
  readonly end: () => number
  readonly counts: { appends: number; syncs: number }
  /** Refuses new records, and resolves when all earlier ones are settled. */
  readonly close: () => Promise<void>
}

export type AppenderOptions = {
  readonly segments: Segments
  readonly salt: number
  readonly end: number
  readonly maximumBytes: number
  readonly segmentBytes: number
  readonly groupBytes: number
  /** Pause between tries to repair a disk that fails. */
  readonly repairIntervalMs: number
  readonly logger: Logger
  readonly createRecent: (end: () => number) => Recent
  /** Called after `end` has moved. */
  readonly onDurable: () => void
}

type Entry = {
  readonly payload: Uint8Array
  readonly resolve: (offset: number) => void
  readonly reject: (error: Error) => void
}
/** Records from `first` on, encoded in `chunk` from `start` to `end`. */
type Group = { readonly chunk: Chunk; readonly first: number; readonly start: number; end: number; entries: Entry[] }

export function createAppender(options: AppenderOptions): Appender & { readonly recent: Recent } {
  const { segments, salt, maximumBytes, segmentBytes, groupBytes, repairIntervalMs, logger, onDurable } = options
  const counts = { appends: 0, syncs: 0 }
  const recordBytesLimit = segmentBytes - segmentHeaderBytes
  // Two neighbouring segments hold more than one segment's bytes together; this many headers may come with a full log.
  const capacityBytes = maximumBytes - segmentHeaderBytes * (2 * Math.ceil(maximumBytes / segmentBytes) + 1)
  const closing = new AbortController()
  let end = options.end
  let queuedBytes = 0
  const waiting: Entry[] = []
  let waitingHead = 0
  let open: Group | undefined
  let flying: Group | undefined
  let flight: Promise<void> | undefined
  let scheduled = false
  /** Why appends are refused while the disk is being repaired. */
  let trouble: ErrorCode | undefined
  const recent = options.createRecent(() => end)

  function append(payload: Uint8Array): Promise<number> {
    const recordBytes = recordHeaderBytes + payload.length
    if (closing.signal.aborted) return Promise.reject(new Refusal('shutting_down'))
    if (trouble) return Promise.reject(new Refusal(trouble))
    if (recordBytes > recordBytesLimit)
      return Promise.reject(new RangeError(`a record of ${recordBytes} bytes does not fit in a segment`))
    if (segments.bytes() + queuedBytes + recordBytes > capacityBytes) return Promise.reject(new Refusal('log_full'))
    queuedBytes += recordBytes
    return new Promise((resolve, reject) => {
      waiting.push({ payload, resolve, reject })
      fill()
      schedule()
    })
  }

  /** Encodes waiting records into the open group until it is full. */
  function fill(): void {
    for (; waitingHead < waiting.length; waitingHead++) {
      const entry = waiting[waitingHead]!
      const recordBytes = recordHeaderBytes + entry.payload.length
      if (open && !hasRoom(open, recordBytes)) return
      open ??= begin(recordBytes)
      const index = open.entries.length
      open.end = encodeRecord(open.chunk.bytes, open.end, salt, open.first + index, index, entry.payload)
      open.chunk.used = open.end
      open.chunk.next = open.first + index + 1
      open.entries.push(entry)
    }
    waiting.length = 0
    waitingHead = 0
  }

  function hasRoom(group: Group, recordBytes: number): boolean {
    return group.end + recordBytes <= group.chunk.bytes.length && group.end - group.start + recordBytes <= groupBytes
  }

  function begin(recordBytes: number): Group {
    const first = flying ? flying.first + flying.entries.length : end
    const chunk = recent.chunkFor(recordBytes, first)
    return { chunk, first, start: chunk.used, end: chunk.used, entries: [] }
  }

  /** At the end of this turn of the event loop, so that all records which arrive in it share a sync. */
  function schedule(): void {
    if (scheduled || flight || !open) return
    scheduled = true
    setImmediate(launch)
  }

  function launch(): void {
    scheduled = false
    if (flight || !open) return
    flying = open
    open = undefined
    flight = fly(flying)
    fill()
  }

  async function fly(group: Group): Promise<void> {
    try {
      await segments.write(group.chunk.bytes.subarray(group.start, group.end), group.first)
    } catch (error) {
      await fail(group, error as NodeJS.ErrnoException)
      flight = undefined
      return schedule()
    }
    flying = undefined
    flight = undefined
    land(group)
    fill()
    schedule()
  }

  function land(group: Group): void {
    queuedBytes -= group.end - group.start
    end = group.first + group.entries.length
    counts.appends += group.entries.length
    counts.syncs++
    for (let i = 0; i < group.entries.length; i++) group.entries[i]!.resolve(group.first + i)
    onDurable()
  }

  /** Refuses all that is queued; the failed group itself only once nothing of it can come back after a restart. */
  async function fail(group: Group, error: NodeJS.ErrnoException): Promise<void> {
    trouble = error.code === 'ENOSPC' ? 'log_full' : 'log_unavailable'
    logger.error({ err: error }, 'writing the log failed')
    const refused = [...(open?.entries ?? []), ...waiting.slice(waitingHead)]
    open = undefined
    flying = undefined
    waiting.length = 0
    waitingHead = 0
    recent.rewind(group.chunk, group.start, group.first)
    for (const entry of refused) entry.reject(new Refusal(trouble))
    const repaired = await repair()
    queuedBytes = 0
    for (const entry of group.entries)
      entry.reject(
        repaired ? new Refusal(trouble) : new Error('the log was closed while its disk failed', { cause: error }),
      )
    if (repaired) trouble = undefined
  }

  /** True once the disk is as before the failed write; false when the log is closed before that. */
  async function repair(): Promise<boolean> {
    for (;;) {
      const last = closing.signal.aborted
      try {
        await segments.repair()
        logger.info('the log can be written again')
        return true
      } catch (error) {
        logger.error({ err: error }, 'repairing the log failed')
      }
      if (last) return false
      if (repairIntervalMs > 0)
        await delay(repairIntervalMs, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }

  return {
    append,
    end: () => end,
    counts,
    recent,
    async close() {
      closing.abort()
      while (flight || open) {
        launch()
        await flight
      }
    },
  }
}
