import type { DeadReason } from '../../schema/dead-letters.ts'
import type { RecordFrame } from '../record/record.ts'
import { createRecordWriter, putFrame, recordBytes } from '../record/writer.ts'

/** A frame that was acknowledged and cannot be stored: kept with the reason. */
export type DeadLetter = {
  readonly offset: number
  readonly block: number
  readonly project: string
  readonly run: string
  readonly reason: DeadReason
  readonly detail: string
  readonly frame: Uint8Array
  readonly receivedMs: number
}

/** The frame as a record of its own, so that it can be put into the log again. */
export function deadFrame(
  frame: RecordFrame,
  offset: number,
  block: number,
  reason: DeadReason,
  detail: string,
): DeadLetter {
  const writer = createRecordWriter()
  putFrame(writer, frame.run, frame, frame.receivedMs)
  const { project, run } = frame.run
  return { offset, block, project, run, reason, detail, frame: recordBytes(writer), receivedMs: frame.receivedMs }
}
