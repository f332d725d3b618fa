import type { Dataset } from './dataset.ts'
import type { BatchWriter } from './frames.ts'
import type { BatchPool } from './pool.ts'

/** What all connections of a generator share. */
export type SenderContext = {
  readonly dataset: Dataset
  readonly writer: BatchWriter
  readonly pool: BatchPool
  readonly connections: number
  /** Frames before this one were sent by an earlier generator. */
  readonly fromFrame: number
  /** When a frame is due, in ms of `performance.now()`; undefined where frames go as soon as there is credit. */
  readonly dueMs: ((frame: number) => number) | undefined
  /** Has `pump` called in a later turn of the event loop. */
  readonly schedule: (sender: Sender) => void
  /** Frames are about to be acknowledged with the token in `buffer`. */
  readonly onToken: (buffer: Buffer, start: number, end: number) => void
  /** A frame is acknowledged; it was due, or sent where it was sent at will, at `sinceMs`. */
  readonly onAck: (frame: number, sinceMs: number, nowMs: number) => void
  readonly onRetry: () => void
  readonly onSent: (bytes: number) => void
  readonly onFailure: (reason: string) => void
}

export type Sender = {
  scheduled: boolean
  /** Sends what may be sent, up to a batch. */
  readonly pump: () => void
  /** One more frame is due. */
  readonly allow: () => void
  readonly close: () => void
}
