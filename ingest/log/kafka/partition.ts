import { type LogRecord, PartitionLost } from '../log.ts'
import type { Lease } from './fetch-buffers.ts'
import { readRecordBatches } from './record-batch.ts'
import { LogDamaged } from './trouble.ts'

/** Records fetched ahead of the readers of all partitions of a process: a partition with more than its share is not fetched, which is no more than the most and no less than the least. */
const aheadOfAllBytes = 16 * 1024 * 1024
const mostAheadBytes = 8 * 1024 * 1024
const leastAheadBytes = 2 * 1024 * 1024
const troublesInARow = 20

export type Flow = {
  /** It wants records, and did not before. */
  wake(): void
  /** First offset the partition still has, and the one after its last. */
  bounds(): Promise<{ low: number; high: number }>
  /** How many partitions the process has. */
  partitions(): number
}

/** What was fetched of one partition and not read yet. */
export type Fetched = {
  readonly partition: number
  read(offset: number, maximumBytes: number, signal: AbortSignal): Promise<LogRecord[]>
  /** Offset of the record that is to be fetched; undefined: none is. */
  wants(): number | undefined
  /** `batches`: part of the leased bytes, from the record on that it wants; `end`: offset after the partition's last record. */
  deliver(batches: Buffer, lease: Lease, end: number): void
  /** Something that passes, or else is damage. */
  trouble(what: string): void
  end(): number
  /** Reading fails from now on. */
  fail(error: Error): void
}

type Held = LogRecord & { readonly lease: Lease }

export function createFetched(partition: number, flow: Flow): Fetched {
  let queue: Held[] = []
  let queueBytes = 0
  /** What the reader has. */
  let given: Held[] = []
  /** Offset that must come next; undefined before the first read. */
  let wanted: number | undefined
  let paused = false
  let end = 0
  let failure: Error | undefined
  let troubles = 0
  let wake = () => {}

  function aheadBytes(): number {
    return Math.min(mostAheadBytes, Math.max(leastAheadBytes, aheadOfAllBytes / flow.partitions()))
  }

  async function moveTo(offset: number): Promise<void> {
    const { low, high } = await flow.bounds()
    if (failure) throw failure
    if (offset < low || offset > high) {
      throw new LogDamaged(
        `partition ${partition}: record ${offset} was committed as the next one, but Kafka has ${low} to ${high - 1}: ` +
          'records were deleted or lost, or the topic was made anew',
      )
    }
    end = Math.max(end, high)
    dropQueue()
    wanted = offset
    resume()
  }

  function dropQueue(): void {
    for (const { lease } of queue) lease.release()
    queue = []
    queueBytes = 0
  }

  function resume(): void {
    paused = false
    flow.wake()
  }

  function take(maximumBytes: number): LogRecord[] {
    let count = 0
    for (let bytes = 0; count < queue.length && (count === 0 || bytes < maximumBytes); count++) {
      bytes += queue[count]!.payload.length
    }
    given = queue.splice(0, count)
    for (const record of given) queueBytes -= record.payload.length
    if (paused && queueBytes < aheadBytes() / 2) resume()
    return given
  }

  function put(offset: number, payload: Buffer, lease: Lease): void {
    if (offset < wanted!) return
    if (offset > wanted!) throw new Error(`Kafka gives record ${offset} where ${wanted} must come`)
    lease.hold()
    queue.push({ offset, payload, lease })
    queueBytes += payload.length
    wanted = offset + 1
    troubles = 0
  }

  function trouble(what: string): void {
    if (++troubles >= troublesInARow) fail(new LogDamaged(`partition ${partition}: ${what}`))
  }

  function fail(error: Error): void {
    failure ??= error
    dropQueue()
    wake()
  }

  return {
    partition,
    async read(offset, maximumBytes, signal) {
      if (failure) throw failure
      for (const { lease } of given) lease.release()
      given = []
      if ((queue[0]?.offset ?? wanted) !== offset) await moveTo(offset)
      while (queue.length === 0) {
        if (failure) throw failure
        if (signal.aborted) return []
        await new Promise<void>((resolve) => {
          wake = resolve
          signal.addEventListener('abort', wake, { once: true })
        })
        signal.removeEventListener('abort', wake)
      }
      if (failure) throw failure
      return take(maximumBytes)
    },
    wants: () => (paused || failure ? undefined : wanted),
    deliver(batches, lease, high) {
      end = Math.max(end, high)
      // A reader may be long with its records: it holds no answer of which most is others'.
      const copied = 2 * batches.length < lease.bytes.length ? lease.copy(batches) : undefined
      try {
        readRecordBatches(copied?.bytes ?? batches, (offset, value) => put(offset, value, copied ?? lease))
      } catch (error) {
        trouble((error as Error).message)
      } finally {
        copied?.release()
      }
      paused = queueBytes >= aheadBytes()
      if (queue.length > 0) wake()
    },
    trouble,
    end: () => Math.max(end, wanted ?? 0),
    fail,
  }
}

export function lostError(partition: number): PartitionLost {
  return new PartitionLost(`partition ${partition} is another reader's now`)
}
