import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import type { Points } from '../reduce/buckets.ts'
import { ask } from '../sql/read.ts'
import { narrowest, type SeriesRows, seriesRows } from '../sql/series-rows.ts'
import { emptyRoom, gathered, type Piece, piecesOf } from './pieces.ts'
import { type Series, type ShortKeys, shortKeysOf } from './short-keys.ts'

export type RowsQuestion = Omit<SeriesRows, 'series'> & {
  readonly series: readonly Series[]
  /** Whether all steps are likely to fit in 32 bits; where they do not, it costs a second statement. */
  readonly narrow: boolean
}

/**
 * Hands over the points of each series that has some, in the order of step, then of logging; they are good until `take` returns. Answers the ids of
 * series whose order cannot be told without their moments of logging; undefined, with nothing handed over, where there are more than `most` points.
 */
export async function readRows(
  reader: StoreReader,
  question: RowsQuestion,
  most: number,
  options: ReadOptions,
  take: (id: string, logged: Points) => void,
): Promise<string[] | undefined> {
  if (question.series.length === 0) return []
  const keys = shortKeysOf(question.series)
  if (!keys) return undefined
  const read = async (narrow: boolean) => {
    const answer = await ask(reader, seriesRows(question, { ...keys, narrow }, most + 1), {
      ...options,
      asBlocks: true,
    })
    const pieces = answer.rows > most ? undefined : piecesOf(answer.blocks ?? [])
    return { pieces, free: answer.free }
  }
  let found = await read(question.narrow)
  if (question.narrow && found.pieces && areBeyond(found.pieces)) {
    found.free?.()
    found = await read(false)
  }
  try {
    return found.pieces && handOver(found.pieces, keys, take)
  } finally {
    found.free?.()
  }
}

function handOver(
  pieces: ReadonlyMap<number, Piece[]>,
  { ids }: ShortKeys,
  take: (id: string, logged: Points) => void,
): string[] {
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
