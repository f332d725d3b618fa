/** A series by its keys. */
type SeriesKeys = { readonly run: bigint; readonly metric: bigint }

/**
 * Which series have late ranges (rows of `late_points`, see `schema/tiles.ts`) written, told in memory where all who write them and those who ask are
 * in one process: a question that has read all late ranges of a series before need not ask the store again whether there are more.
 */
export type LateWrites = {
  /** Before late ranges of these series are written. To call the answer when they are, or will not be: nothing that they speak of is stored before. */
  begin(series: Iterable<SeriesKeys>): () => void
  /**
   * A mark that changes when a late range of the series has been written; undefined while one may be under way. As long as it is the same, whatever
   * points can be seen, their late ranges could be read when the mark was first taken.
   */
  mark(run: bigint, metric: bigint): number | undefined
}

/** Series share so many places: one that changes for another one costs a question more, and nothing grows. */
const places = 16_384

/** Counts that several threads of a process see. */
export const lateWritesMemory = (): SharedArrayBuffer => new SharedArrayBuffer(2 * 4 * places)

/** `memory`: shared by all who write and all who ask; without it they are in one thread. */
export function createLateWrites(memory = lateWritesMemory()): LateWrites {
  const written = new Int32Array(memory, 0, places)
  const underWay = new Int32Array(memory, 4 * places, places)
  return {
    begin(series) {
      const begun = new Set(Array.from(series, ({ run, metric }) => placeOf(run, metric)))
      for (const place of begun) Atomics.add(underWay, place, 1)
      let over = false
      return () => {
        if (over) return
        over = true
        for (const place of begun) {
          Atomics.add(written, place, 1)
          Atomics.sub(underWay, place, 1)
        }
      }
    },
    mark(run, metric) {
      const place = placeOf(run, metric)
      return Atomics.load(underWay, place) > 0 ? undefined : Atomics.load(written, place)
    },
  }
}

/** Keys are bits of hashes, so any of them do. */
const placeOf = (run: bigint, metric: bigint) => Number((run ^ metric) & BigInt(places - 1))
