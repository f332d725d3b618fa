import { Refusal } from '../../schema/errors.ts'
import { createRecordWriter, type RecordWriter } from '../record/writer.ts'

/** Where a record is in the log; `token` is its `at`. One object for all frames of a record. */
export type Position = { readonly partition: number; readonly offset: number; readonly token: string }

/**
 * Who waits for frames, one object for all of his. Of each frame he hears exactly one of the two, once. What tells the frame is what
 * he gave with it.
 */
export type Waiter = {
  /** The frame is durable. */
  onDurable(number: number, seq: number, bytes: number, position: Position): void
  /** Nothing of the frame was or will be stored, unless the code is `outcome_unknown`. */
  onRefused(number: number, seq: number, bytes: number, refusal: Refusal): void
}

/** A record and who waits for it: plain numbers of each frame in one array, so that no frame costs an object. */
export type Batch = {
  readonly writer: RecordWriter
  readonly waiters: Waiter[]
  /** Rows of number, seq, bytes, since (ms of the monotonic clock). */
  notes: Float64Array
  frames: number
  points: number
  /** So many of the first frames have been told that their time is over. */
  expired: number
}

const rowNumber = 0
const rowSeq = 1
const rowBytes = 2
const rowSince = 3
const rowWidth = 4

export function createBatch(): Batch {
  return {
    writer: createRecordWriter(),
    waiters: [],
    notes: new Float64Array(256 * rowWidth),
    frames: 0,
    points: 0,
    expired: 0,
  }
}

export function clearBatch(batch: Batch): void {
  batch.waiters.length = 0
  batch.frames = 0
  batch.points = 0
  batch.expired = 0
}

export function addWaiter(
  batch: Batch,
  waiter: Waiter,
  number: number,
  seq: number,
  bytes: number,
  sinceMs: number,
): void {
  const row = batch.frames * rowWidth
  if (row === batch.notes.length) {
    const larger = new Float64Array(row * 2)
    larger.set(batch.notes)
    batch.notes = larger
  }
  const { notes } = batch
  notes[row + rowNumber] = number
  notes[row + rowSeq] = seq
  notes[row + rowBytes] = bytes
  notes[row + rowSince] = sinceMs
  batch.waiters[batch.frames++] = waiter
}

export function tellDurable({ waiters, notes, frames, expired }: Batch, position: Position): void {
  for (let i = expired; i < frames; i++) {
    const row = i * rowWidth
    waiters[i]!.onDurable(notes[row + rowNumber]!, notes[row + rowSeq]!, notes[row + rowBytes]!, position)
  }
}

export function tellRefused({ waiters, notes, frames, expired }: Batch, refusal: Refusal): void {
  for (let i = expired; i < frames; i++) tellRefusedOne(waiters[i]!, notes, i, refusal)
}

function tellRefusedOne(waiter: Waiter, notes: Float64Array, index: number, refusal: Refusal): void {
  const row = index * rowWidth
  waiter.onRefused(notes[row + rowNumber]!, notes[row + rowSeq]!, notes[row + rowBytes]!, refusal)
}

/** Tells those who wait since `lateMs` or longer that nobody knows what became of their frames; they hear no more. */
export function expireUntil(batch: Batch, lateMs: number): void {
  const { waiters, notes } = batch
  while (batch.expired < batch.frames && notes[batch.expired * rowWidth + rowSince]! <= lateMs) {
    const index = batch.expired++
    tellRefusedOne(waiters[index]!, notes, index, new Refusal('outcome_unknown'))
  }
}

/** Calls `observe` with how long the frames that still wait have waited until `nowMs`, in s, and with how many waited so long. */
export function observeWaits(
  { notes, frames, expired }: Batch,
  nowMs: number,
  observe: (seconds: number, count: number) => void,
): void {
  for (let from = expired; from < frames; ) {
    const since = notes[from * rowWidth + rowSince]!
    let to = from + 1
    while (to < frames && notes[to * rowWidth + rowSince] === since) to++
    observe((nowMs - since) / 1000, to - from)
    from = to
  }
}
