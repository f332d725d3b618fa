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

export function createLateWrites(): LateWrites {
  const written = new Float64Array(places)
  const underWay = new Float64Array(places)
  return {
    begin(series) {
      const begun = new Set(Array.from(series, ({ run, metric }) => placeOf(run, metric)))
      for (const place of begun) underWay[place]!++
      let over = false
      return () => {
        if (over) return
        over = true
        for (const place of begun) {
          written[place]!++
          underWay[place]!--
        }
      }
    },
    mark(run, metric) {
      const place = placeOf(run, metric)
      return underWay[place]! > 0 ? undefined : written[place]!
    },
  }
}

/** Keys are bits of hashes, so any of them do. */
const placeOf = (run: bigint, metric: bigint) => Number((run ^ metric) & BigInt(places - 1))
