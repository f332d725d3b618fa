import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import type { LoggedPoints } from '../reduce/buckets.ts'
import { ask } from '../sql/read.ts'
import { narrowest, type SeriesRows, seriesRows } from '../sql/series-rows.ts'
import { sizes } from '../tiles/sizes.ts'
import { emptyRoom, gathered, type Piece, piecesOf } from './pieces.ts'
import { type Series, type ShortKeys, shortKeysOf } from './short-keys.ts'

export type RowsQuestion = Omit<SeriesRows, 'series'> & {
  readonly series: readonly Series[]
  /** Whether all steps are likely to fit in 32 bits; where they do not, it costs a second statement. */
  readonly narrow: boolean
  /** How many points there are likely to be. */
  readonly points: number
}

/** Takes the points of one series, in the order of step, then of logging; they are good until it returns. */
export type TakePoints = (id: string, logged: LoggedPoints) => void

/** Points that may still come. */
type Rest = { points: number }

/**
 * Hands over the points of each series that has some. Answers the ids of series whose order cannot be told without their moments of logging;
 * undefined, whatever was handed over, where there are more than `most` points. Many points come by two statements side by side: an answer is
 * written by one thread of the store, and while one of them is drawn, the other is still read.
 */
export async function readRows(
  reader: StoreReader,
  question: RowsQuestion,
  most: number,
  options: ReadOptions,
  take: TakePoints,
): Promise<string[] | undefined> {
  const rest = { points: most }
  const shares = question.points < sizes.statementPoints ? [question.series] : halvesOf(question.series)
  const unordered = await Promise.all(
    shares.map((series) => readShare(reader, { ...question, series }, rest, options, take)),
  )
  return unordered.every((ids) => ids !== undefined) ? unordered.flat() : undefined
}

/** In the order of the store, so that the halves have but one place in common; metrics of one run stay together. */
function halvesOf(series: readonly Series[]): Series[][] {
  const sorted = [...series].sort((a, b) => (a.run < b.run ? -1 : a.run > b.run ? 1 : 0))
  const middle = sorted[sorted.length >> 1]?.run
  const behind = sorted.findIndex(({ run }) => run === middle)
  return [sorted.slice(0, behind), sorted.slice(behind)]
}

async function readShare(
  reader: StoreReader,
  question: RowsQuestion,
  rest: Rest,
  options: ReadOptions,
  take: TakePoints,
): Promise<string[] | undefined> {
  if (question.series.length === 0) return []
  const keys = shortKeysOf(question.series)
  if (!keys) return undefined
  const most = rest.points
  const read = async (narrow: boolean) => {
    const answer = await ask(reader, seriesRows(question, { ...keys, narrow }, most + 1), {
      ...options,
      asBlocks: true,
    })
    const pieces = answer.rows > rest.points ? undefined : piecesOf(answer.blocks ?? [])
    return { pieces, rows: answer.rows, free: answer.free }
  }
  let found = await read(question.narrow)
  if (question.narrow && found.pieces && areBeyond(found.pieces)) {
    found.free?.()
    found = await read(false)
  }
  rest.points -= found.rows
  try {
    return found.pieces && handOver(found.pieces, keys, take)
  } finally {
    found.free?.()
  }
}

function handOver(pieces: ReadonlyMap<number, Piece[]>, { ids }: ShortKeys, take: TakePoints): string[] {
  const room = emptyRoom()
  const unordered: string[] = []
  for (const [key, list] of pieces) {
    const id = ids.get(key)!
    const logged = gathered(list, room)
    if (logged) take(id, logged)
    else unordered.push(id)
  }
  return unordered
}

/** Whether there may be steps that do not fit in 32 bits: in order, they come first or last. */
function areBeyond(pieces: ReadonlyMap<number, readonly Piece[]>): boolean {
  const { least, most } = narrowest
  return [...pieces.values()].some((list) => list.some(({ first, last }) => first === least || last === most))
}
