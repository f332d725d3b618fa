import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import { formatToken } from '../../schema/token.ts'
import type { LogWriter } from '../log/log.ts'
import {
  clearRecord,
  createRecordWriter,
  putFrame,
  type RecordWriter,
  recordBytes,
  recordHasRoom,
} from '../record/writer.ts'
import type { Frame } from './frame.ts'

/** Hears what became of one frame: exactly one of the two, once. */
export type Ticket = {
  /** The frame is durable at `offset`; `token` is the `at` of its record. */
  onDurable(partition: number, offset: number, token: string): void
  /** Nothing of the frame was or will be stored, unless the code is `outcome_unknown`. */
  onRefused(refusal: Refusal): void
}

export type Batcher = {
  /** Takes a decoded frame; its bytes are copied before this returns. The ticket hears of it later, never from within. */
  add(frame: Frame, ticket: Ticket, receivedMs: number): void
  /** Bytes taken and not yet durable. */
  pendingBytes(): number
  /** Resolves when everything taken so far is durable or refused. */
  drained(): Promise<void>
}

export type BatcherObserver = {
  onAppend(frames: number, points: number, bytes: number, seconds: number): void
}

/** A record and who waits for it. */
type Batch = { readonly writer: RecordWriter; readonly tickets: Ticket[]; points: number }

/** One partition's way into the log. */
type Lane = {
  readonly partition: number
  filling: Batch
  readonly full: Batch[]
  appending: boolean
  scheduled: boolean
}

/**
 * Builds records from the frames of all connections. While one record of a partition is being made durable, the next one
 * fills, so thousands of clients share each sync. Nobody waits for a timer, but where a log says that its records are dear, and then
 * only under load.
 */
export function createBatcher(log: LogWriter, observer: BatcherObserver): Batcher {
  const spare: RecordWriter[] = []
  const newBatch = (): Batch => ({ writer: spare.pop() ?? createRecordWriter(), tickets: [], points: 0 })
  const lanes: Lane[] = Array.from({ length: log.partitions }, (_, partition) => {
    return { partition, filling: newBatch(), full: [], appending: false, scheduled: false }
  })
  let pendingBytes = 0
  let waiters: (() => void)[] = []

  function add(frame: Frame, ticket: Ticket, receivedMs: number): void {
    const lane = lanes[frame.run.partition]!
    let before = lane.filling.writer.output.at
    if (!recordHasRoom(lane.filling.writer, frame, frame.loggedBytes)) {
      lane.full.push(lane.filling)
      lane.filling = newBatch()
      before = 0
    }
    const { writer, tickets } = lane.filling
    putFrame(writer, frame.run, frame, receivedMs)
    lane.filling.points += frame.points
    tickets.push(ticket)
    pendingBytes += writer.output.at - before
    // The frames that this turn of the event loop still brings go into the same record.
    if (!lane.appending && !lane.scheduled) {
      lane.scheduled = true
      setImmediate(appendNext, lane)
    }
  }

  async function appendNext(lane: Lane): Promise<void> {
    lane.scheduled = false
    if (lane.appending) return
    lane.appending = true
    for (;;) {
      const batch = lane.full.shift() ?? takeFilling(lane)
      if (!batch) break
      const startedMs = performance.now()
      await append(lane.partition, batch)
      await pace(lane, startedMs)
    }
    lane.appending = false
    if (pendingBytes === 0) {
      for (const resolve of waiters) resolve()
      waiters = []
    }
  }

  /** Frames that came while a record was made durable say that more are coming: they gather until the log wants the next record. */
  async function pace(lane: Lane, startedMs: number): Promise<void> {
    const restMs = startedMs + (log.paceMs ?? 0) - performance.now()
    if (restMs >= 1 && lane.full.length === 0 && lane.filling.tickets.length > 0) await sleep(restMs)
  }

  function takeFilling(lane: Lane): Batch | undefined {
    if (lane.filling.tickets.length === 0) return undefined
    const batch = lane.filling
    lane.filling = newBatch()
    return batch
  }

  async function append(partition: number, batch: Batch): Promise<void> {
    const started = performance.now()
    const payload = recordBytes(batch.writer)
    try {
      const offset = await log.append(partition, payload)
      observer.onAppend(batch.tickets.length, batch.points, payload.length, (performance.now() - started) / 1000)
      const token = formatToken({ log: log.id, offsets: new Map([[partition, offset]]) })
      for (const ticket of batch.tickets) ticket.onDurable(partition, offset, token)
    } catch (error) {
      // An error without a name says nothing about the record.
      const refusal = error instanceof Refusal ? error : new Refusal('outcome_unknown', undefined, error)
      for (const ticket of batch.tickets) ticket.onRefused(refusal)
    }
    pendingBytes -= payload.length
    recycle(batch.writer)
  }

  function recycle(writer: RecordWriter): void {
    clearRecord(writer)
    // A record that one huge frame blew up is left to the garbage collector.
    if (spare.length < lanes.length * 2 && writer.output.bytes.length <= limits.recordBytes * 2) spare.push(writer)
  }

  return {
    add,
    pendingBytes: () => pendingBytes,
    drained: () => (pendingBytes === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
  }
}
