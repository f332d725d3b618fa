import type { PointsBatch } from './points.ts'

/** A line of the processor's cache: so many halves of values. */
const line = 16

/** What was read goes here, for a compiler leaves out what nobody could see. */
export let lastRead = 0

/**
 * Reads one word of each line that the values of a run's single steps lie in. They are where they came, far from those of the run before, and
 * long out of the cache: read side by side they come together, where their use waits for one after the other.
 */
export function readAhead({ runs, groups, pieces, halves }: PointsBatch, run: number): void {
  let any = 0
  for (let group = runs.firstGroup[run]!; group >= 0; group = groups.next[group]!) {
    const length = 2 * groups.sets[group]!.order.length
    for (let piece = groups.firstPiece[group]!; piece >= 0; piece = pieces.next[piece]!) {
      const from = 2 * pieces.valuesAt[piece]!
      for (let at = from; at < from + length; at += line) any |= halves[at]!
    }
  }
  lastRead = any
}
