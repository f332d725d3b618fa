import type { EachBatchPayload } from 'kafkajs'
import { type LogRecord, PartitionLost } from '../log.ts'
import { LogDamaged } from './trouble.ts'

/** Records fetched ahead of their reader; beyond, the partition is not fetched. */
const aheadBytes = 8 * 1024 * 1024
const gapsInARow = 20

export type Flow = {
  seek(offset: number): void
  pause(): void
  resume(): void
  /** First offset the partition still has, and the one after its last. */
  bounds(): Promise<{ low: number; high: number }>
}

/** What was fetched of one partition and not read yet. */
export type Fetched = {
  read(offset: number, maximumBytes: number, signal: AbortSignal): Promise<LogRecord[]>
  deliver(batch: EachBatchPayload['batch']): void
  /** After the group was shared out anew, fetching goes on where it left off. */
  continue(): void
  end(): number
  /** Reading fails from now on. */
  fail(error: Error): void
}

export function createFetched(partition: number, flow: Flow): Fetched {
  let queue: LogRecord[] = []
  let queueBytes = 0
  /** Offset that must come next; undefined before the first read. */
  let wanted: number | undefined
  let paused = true
  let end = 0
  let failure: Error | undefined
  let gaps = 0
  let wake = () => {}

  /** Kafka is asked first: kafkajs overwrites the group's commit when an offset is not there. */
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
    queue = []
    queueBytes = 0
    wanted = offset
    flow.seek(offset)
    paused = false
    flow.resume()
  }

  function take(maximumBytes: number): LogRecord[] {
    let count = 0
    for (let bytes = 0; count < queue.length && (count === 0 || bytes < maximumBytes); count++) {
      bytes += queue[count]!.payload.length
    }
    const records = queue.splice(0, count)
    for (const record of records) queueBytes -= record.payload.length
    if (paused && queueBytes < aheadBytes / 2) {
      paused = false
      flow.resume()
    }
    return records
  }

  /** A batch may have been fetched before the last seek. If it stays so, records are missing. */
  function refetch(found: number): void {
    if (++gaps < gapsInARow) flow.seek(wanted!)
    else fail(new LogDamaged(`partition ${partition}: Kafka gives record ${found} where ${wanted} must come`))
  }

  function fail(error: Error): void {
    failure ??= error
    queue = []
    wake()
  }

  return {
    async read(offset, maximumBytes, signal) {
      if (failure) throw failure
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
    deliver(batch) {
      end = Math.max(end, Number(batch.highWatermark))
      if (wanted === undefined || failure) return
      for (const { offset, value } of batch.messages) {
        const number = Number(offset)
        if (number < wanted) continue
        if (number > wanted) return refetch(number)
        gaps = 0
        const payload = value ?? Buffer.alloc(0)
        queue.push({ offset: number, payload })
        queueBytes += payload.length
        wanted++
      }
      if (queueBytes >= aheadBytes && !paused) {
        paused = true
        flow.pause()
      }
      wake()
    },
    continue() {
      if (wanted !== undefined) flow.seek(wanted)
      if (paused) flow.pause()
      else flow.resume()
    },
    end: () => Math.max(end, wanted ?? 0),
    fail,
  }
}

export function lostError(partition: number): PartitionLost {
  return new PartitionLost(`partition ${partition} is another reader's now`)
}
