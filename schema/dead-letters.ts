/**
 * Frames that were acknowledged and cannot be stored: why, where they lie, and how one is replayed.
 *
 * A replay is an ordinary frame of a writer of its own, so that the sink's sequence numbers store it once however often it is sent, and tell
 * afterwards that it was. One writer for each letter would do that without gaps, but a run remembers 256 writers, and forgetting one of the run's
 * own lets a frame of it be stored twice. So all letters of one run and reason share a writer, and a letter's place in the log is its number.
 * The numbers have gaps, of which a writer keeps 64: sent in ascending order every letter is above them and none is refused; only an
 * older one, after 64 younger ones, is below the horizon, where the sink refuses to guess. Places in the log never change,
 * whatever is deleted from the table; ranks among the letters, which have no gaps, would. By reason, because letters whose
 * frames may be stored already are replayed by explicit wish only, perhaps long after all others.
 */
import { limits } from './limits.ts'

export const deadReasons = [
  'unreadable_record',
  'too_many_metrics',
  'too_many_entries',
  'sequence_horizon',
  'key_collision',
] as const
export type DeadReason = (typeof deadReasons)[number]

/** Where a letter's frame lies in the log. */
export type LetterPlace = { readonly partition: number; readonly offset: number; readonly block: number }

/** A letter's name: `<partition>-<offset>-<block>`. */
export function formatLetterId({ partition, offset, block }: LetterPlace): string {
  return `${partition}-${offset}-${block}`
}

/** Undefined when the text names no place in a log. */
export function parseLetterId(text: string): LetterPlace | undefined {
  const match = /^(\d{1,9})-(\d{1,15})-(\d{1,5})$/.exec(text)
  if (!match) return undefined
  const place = { partition: Number(match[1]), offset: Number(match[2]), block: Number(match[3]) }
  return formatLetterId(place) === text ? place : undefined
}

/** Whether sending the frame again can ever help: an unreadable one has no frame, and a run's key stays what it is. */
export function canReplay(reason: DeadReason): boolean {
  return reason !== 'unreadable_record' && reason !== 'key_collision'
}

export const replayWriterStart = 'dead-letter-'

/** Writer of the replays of one run's letters; of at most {@link limits.writerCharacters} characters. */
export function replayWriter(partition: number, reason: DeadReason): string {
  return `${replayWriterStart}${partition}-${reason}`
}

/** Sequence number of a letter's replay: ascending in log order. @throws RangeError beyond offset 2^37 */
export function replaySeq({ offset, block }: LetterPlace): number {
  const seq = offset * (limits.blocksPerRecord + 1) + block
  if (!Number.isSafeInteger(seq)) throw new RangeError(`offset ${offset} is too large for a sequence number`)
  return seq
}
