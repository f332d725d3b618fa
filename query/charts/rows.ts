import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import type { Points } from '../reduce/buckets.ts'
import { ask } from '../sql/read.ts'
import { type SeriesRows, seriesRows } from '../sql/series-rows.ts'
import { emptyRoom, gathered, piecesOf } from './pieces.ts'
import { type Series, shortKeysOf } from './short-keys.ts'

/**
 * Hands over the points of each series that has some, in the order of step, then of logging; they are good until `take` returns. Answers the ids of
 * series whose order cannot be told without their moments of logging; undefined, with nothing handed over, where there are more than `most` points.
 */
export async function readRows(
  reader: StoreReader,
  question: Omit<SeriesRows, 'series'> & { readonly series: readonly Series[] },
  most: number,
  options: ReadOptions,
  take: (id: string, logged: Points) => void,
): Promise<string[] | undefined> {
  const keys = shortKeysOf(question.series)
  if (!keys) return undefined
  const { rows, blocks = [] } = await ask(reader, seriesRows(question, keys.shift, most + 1), {
    ...options,
    asBlocks: true,
  })
  if (rows > most) return undefined
  const room = emptyRoom()
  const unordered: string[] = []
  for (const [key, pieces] of piecesOf(blocks)) {
    const id = keys.ids.get(key)!
    const logged = gathered(pieces, room)
    if (logged) take(id, logged)
    else unordered.push(id)
  }
  return unordered
}
