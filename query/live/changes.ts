/**
 * From which step on a series changed since any earlier moment, moments being offsets of its partition: kept as a staircase, for a change
 * hides all earlier ones of higher steps. So it has as many entries as the series has buckets, at most, however long it is watched.
 */
export type Changes = {
  /** The moment from which it is known. */
  readonly since: number
  /** When the last change of all of it was. */
  resetAt: number
  readonly offsets: number[]
  readonly steps: number[]
}

export function createChanges(since: number): Changes {
  return { since, resetAt: Number.NEGATIVE_INFINITY, offsets: [], steps: [] }
}

/** At `offset` everything from `step` on was changed. */
export function noteChange({ offsets, steps }: Changes, offset: number, step: number): void {
  while (steps.length > 0 && steps.at(-1)! >= step) {
    steps.pop()
    offsets.pop()
  }
  steps.push(step)
  offsets.push(offset)
}

/** At `offset` all of it was changed. */
export function noteReset(changes: Changes, offset: number): void {
  changes.resetAt = offset
  changes.offsets.length = changes.steps.length = 0
}

/** First step changed after `offset`; 'all', or undefined: nothing. `offset` is not before `since`. */
export function changedSince({ resetAt, offsets, steps }: Changes, offset: number): number | 'all' | undefined {
  if (offset < resetAt) return 'all'
  let [low, high] = [0, offsets.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (offsets[middle]! > offset) high = middle
    else low = middle + 1
  }
  return steps[low]
}
