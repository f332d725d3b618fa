import type { LateWrites } from '../../schema/late-writes.ts'
import { limits } from '../../schema/limits.ts'
import type { StoreReader } from '../../schema/store.ts'
import type { Stretch } from '../../schema/tiles.ts'
import { createLastUsed } from '../last-used.ts'
import { type Coverage, uncovered } from './coverage.ts'
import { createKeptTiles, type KeptTiles } from './kept-tiles.ts'

/**
 * What this process has learnt of a long series. Nothing of it decides an answer: seals stay true whatever happens, late points are looked for
 * after each reading, and the rest are guesses that save a question where they are right and cost one where they are not.
 */
export type Known = {
  coverage: Coverage
  /** How far its late ranges are known. */
  lateRead: LateRead | undefined
  /** When its seals were read, ms of `performance.now()`. */
  sealsReadMs: number
  /** Its lowest and highest step, as seen by questions without a bound there. */
  first: number | undefined
  last: number | undefined
  /** Points by steps, in the widest stretch that was looked at. */
  density: number
  densityOver: number
  /** Whether its points lay over each other in the store, so that to be read in order they had to be sorted. */
  isMixed: boolean
}

/** All late ranges above a position in the log were read when `LateWrites` had this mark for the series. */
export type LateRead = { readonly above: number; readonly mark: number }

export type Knowledge = {
  /** Where those who write late ranges say so in this process. */
  readonly lateWrites: LateWrites | undefined
  readonly keptTiles: KeptTiles
  get(id: string): Known | undefined
  /** That of a series which was not known, so far nothing. */
  add(id: string): Known
}

/** About 300 bytes each. */
const seriesKept = 20_000

const knowledge = new WeakMap<StoreReader, Knowledge>()

/** What is known of the series behind a reader. */
export function knowledgeOf(reader: StoreReader): Knowledge {
  const known = knowledge.get(reader) ?? createKnowledge(undefined)
  knowledge.set(reader, known)
  return known
}

/** To be called before anything is known of the series behind a reader. */
export function listenTo(lateWrites: LateWrites, reader: StoreReader): void {
  knowledge.set(reader, createKnowledge(lateWrites))
}

function createKnowledge(lateWrites: LateWrites | undefined): Knowledge {
  const all = createLastUsed<Known>((entries) => entries <= seriesKept)
  return {
    lateWrites,
    keptTiles: createKeptTiles(),
    get: all.get,
    add(id) {
      const known = { coverage: uncovered, sealsReadMs: Number.NEGATIVE_INFINITY, first: undefined, last: undefined }
      const fresh: Known = { ...known, lateRead: undefined, density: 0, densityOver: 0, isMixed: false }
      all.keep(id, fresh)
      return fresh
    },
  }
}

/** Remembers what a window held. `points` of it lie from `extent.first` to `extent.last`. */
export function learn(known: Known, window: Stretch, extent: Stretch, points: number): void {
  if (window.first <= -limits.stepMagnitude) known.first = extent.first
  if (window.last >= limits.stepMagnitude) known.last = extent.last
  const length = extent.last - extent.first + 1
  if (length < known.densityOver) return
  known.density = points / length
  known.densityOver = length
}

/** Where the points of a window presumably begin and end; undefined where nothing tells. */
export function guessExtent({ first, last }: Known, window: Stretch): Stretch | undefined {
  const guess = {
    first: Math.max(window.first, first ?? window.first),
    last: Math.min(window.last, last ?? window.last),
  }
  const unbounded = guess.first <= -limits.stepMagnitude || guess.last >= limits.stepMagnitude
  return unbounded || guess.first > guess.last ? undefined : guess
}

/** How many points a stretch presumably has; 0 where nothing tells. */
export function guessPoints({ first, last, density }: Known, stretch: Stretch): number {
  const from = Math.max(stretch.first, first ?? Number.NEGATIVE_INFINITY)
  const to = Math.min(stretch.last, last ?? Number.POSITIVE_INFINITY)
  return from > to || density === 0 ? 0 : (to - from + 1) * density
}
