import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import { formatToken } from '../../schema/token.ts'
import type { LogWriter } from '../log/log.ts'
import { clearRecord, putFrame, recordBytes, recordHasRoom } from '../record/writer.ts'
import {
  addWaiter,
  type Batch,
  clearBatch,
  createBatch,
  expireUntil,
  observeWaits,
  tellDurable,
  tellRefused,
  type Waiter,
} from './batch.ts'
import type { Frame } from './frame.ts'

export type Batcher = {
  /**
   * Takes a decoded frame; its bytes are copied before this returns. The waiter hears of it later, never from within, by `number`, `seq` and
   * `bytes`, which are his. `sinceMs`: since when he waits, of the monotonic clock, never before that of an earlier frame.
   */
  add(
    frame: Frame,
    receivedMs: number,
    waiter: Waiter,
    number: number,
    seq: number,
    bytes: number,
    sinceMs: number,
  ): void
  /** Bytes taken and not yet durable. */
  pendingBytes(): number
  /** Tells those who wait since `lateMs` or longer that the outcome is unknown. */
  expire(lateMs: number): void
  /** Resolves when everything taken so far is durable or refused. */
  drained(): Promise<void>
}

export type BatcherObserver = {
  onAppend(frames: number, points: number, bytes: number, seconds: number): void
  /** From a decoded frame to its acknowledgement. */
  onAck(seconds: number, frames: number): void
}

/** One partition's way into the log. */
type Lane = {
  readonly partition: number
  filling: Batch
  readonly full: Batch[]
  appending: Batch | undefined
  scheduled: boolean
}

/**
 * Builds records from the frames of all connections. While one record of a partition is being made durable, the next one
 * fills, so thousands of clients share each sync. Nobody waits for a timer, but where a log says that its records are dear, and then
 * only under load.
 */
export function createBatcher(log: LogWriter, observer: BatcherObserver): Batcher {
  const spare: Batch[] = []
  const newBatch = (): Batch => spare.pop() ?? createBatch()
  const lanes: Lane[] = Array.from({ length: log.partitions }, (_, partition) => {
    return { partition, filling: newBatch(), full: [], appending: undefined, scheduled: false }
  })
  let pendingBytes = 0
  let waiters: (() => void)[] = []

  function add(
    frame: Frame,
    receivedMs: number,
    waiter: Waiter,
    number: number,
    seq: number,
    bytes: number,
    sinceMs: number,
  ): void {
    const lane = lanes[frame.run.partition]!
    if (!recordHasRoom(lane.filling.writer, frame, frame.loggedBytes)) {
      lane.full.push(lane.filling)
      lane.filling = newBatch()
    }
    const batch = lane.filling
    const { output } = batch.writer
    const before = output.at
    putFrame(batch.writer, frame.run, frame, receivedMs, frame.run)
    pendingBytes += output.at - before
    batch.points += frame.points
    addWaiter(batch, waiter, number, seq, bytes, sinceMs)
    // The frames that this turn of the event loop still brings go into the same record.
    if (lane.appending === undefined && !lane.scheduled) {
      lane.scheduled = true
      setImmediate(appendNext, lane)
    }
  }

  async function appendNext(lane: Lane): Promise<void> {
    lane.scheduled = false
    if (lane.appending !== undefined) return
    for (;;) {
      const batch = lane.full.shift() ?? takeFilling(lane)
      lane.appending = batch
      if (!batch) break
      const startedMs = performance.now()
      await append(lane.partition, batch)
      // The batch may be in use elsewhere by now.
      lane.appending = undefined
      lane.scheduled = true
      await pace(lane, startedMs)
      lane.scheduled = false
    }
    if (pendingBytes === 0) {
      for (const resolve of waiters) resolve()
      waiters = []
    }
  }

  /** Frames that came while a record was made durable say that more are coming: they gather until the log wants the next record. */
  async function pace(lane: Lane, startedMs: number): Promise<void> {
    const restMs = startedMs + (log.paceMs ?? 0) - performance.now()
    if (restMs >= 1 && lane.full.length === 0 && lane.filling.frames > 0) await sleep(restMs)
  }

  function takeFilling(lane: Lane): Batch | undefined {
    if (lane.filling.frames === 0) return undefined
    const batch = lane.filling
    lane.filling = newBatch()
    return batch
  }

  async function append(partition: number, batch: Batch): Promise<void> {
    const startedMs = performance.now()
    const payload = recordBytes(batch.writer)
    let offset: number | undefined
    let refusal: Refusal | undefined
    try {
      offset = await log.append(partition, payload)
    } catch (error) {
      // An error without a name says nothing about the record.
      refusal = error instanceof Refusal ? error : new Refusal('outcome_unknown', undefined, error)
    }
    if (offset !== undefined) {
      const nowMs = performance.now()
      observer.onAppend(batch.frames, batch.points, payload.length, (nowMs - startedMs) / 1000)
      observeWaits(batch, nowMs, observer.onAck)
      const token = formatToken({ log: log.id, offsets: new Map([[partition, offset]]) })
      tellDurable(batch, { partition, offset, token })
    } else if (refusal !== undefined) tellRefused(batch, refusal)
    pendingBytes -= payload.length
    recycle(batch)
  }

  function recycle(batch: Batch): void {
    clearRecord(batch.writer)
    clearBatch(batch)
    // A record that one huge frame blew up is left to the garbage collector.
    const isLarge = batch.writer.output.bytes.length > limits.recordBytes * 2
    if (spare.length < lanes.length * 2 && !isLarge) spare.push(batch)
  }

  return {
    add,
    pendingBytes: () => pendingBytes,
    expire(lateMs) {
      for (const { appending, full, filling } of lanes) {
        if (appending !== undefined) expireUntil(appending, lateMs)
        for (const batch of full) expireUntil(batch, lateMs)
        expireUntil(filling, lateMs)
      }
    },
    drained: () => (pendingBytes === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
  }
}
