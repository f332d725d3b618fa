import { limits } from '../../schema/limits.ts'

/**
 * The sequence numbers seen of one writer: `[floor, from, to, from, to, …]`, closed intervals in ascending order above
 * `floor`. A writer that counts up has one interval however long it lives; each frame still missing makes a gap.
 */
export type Sequence = number[]

/** `unknown`: below the horizon, where it cannot be told any more whether the frame was seen. */
export type SequenceVerdict = 'new' | 'seen' | 'unknown'

export function createSequence(): Sequence {
  return [0]
}

/** Judges `seq` and, when it is new, remembers it. */
export function recordSequence(sequence: Sequence, seq: number): SequenceVerdict {
  const end = sequence.length
  const last = end > 1 ? sequence[end - 1]! : Number.NEGATIVE_INFINITY
  if (seq === last + 1) {
    sequence[end - 1] = seq
    return 'new'
  }
  if (seq > last) {
    sequence.push(seq, seq)
    forgetOldestGap(sequence)
    return 'new'
  }
  if (seq < sequence[0]!) return 'unknown'
  return insertBelow(sequence, seq)
}

function insertBelow(sequence: Sequence, seq: number): SequenceVerdict {
  // The first interval that ends at or above `seq`; there is one, for `seq` is not above the last.
  let at = 1
  while (sequence[at + 1]! < seq) at += 2
  if (sequence[at]! <= seq) return 'seen'
  const joinsNext = sequence[at] === seq + 1
  const joinsPrevious = at > 1 && sequence[at - 1] === seq - 1
  if (joinsNext && joinsPrevious) sequence.splice(at - 1, 2)
  else if (joinsNext) sequence[at] = seq
  else if (joinsPrevious) sequence[at - 1] = seq
  else {
    sequence.splice(at, 0, seq, seq)
    forgetOldestGap(sequence)
  }
  return 'new'
}

function forgetOldestGap(sequence: Sequence): void {
  if ((sequence.length - 1) / 2 <= limits.sequenceGapsPerWriter) return
  sequence[0] = sequence[3]!
  sequence.splice(1, 2)
}
