/** Which way a question about curves takes, by how much it would read; none of it changes an answer. Tests make all of it smaller. */
export const sizes = {
  /** Points up to which all series of a request are read whole: cheaper than to find out how long they are. */
  pointsTried: 32_768,
  /** Points that come row by row, over all series of a round: more are put into buckets in the store. */
  rowsAtOnce: 65_536,
  /** Points of all series without tiles that are put into buckets here and not in the store: 20 bytes each, for as long as that takes. */
  chartPoints: 2_000_000,
  /** So many of them come by two statements side by side. */
  statementPoints: 200_000,
  /** Points at an end of a window that come as points, although there are small tiles of them. */
  edgePoints: 4_096,
  /** Rows of one answer, of tiles and of points: some megabytes. Who plans expects fewer. */
  tileRows: 65_536,
  pointRows: 262_144,
  /** Tiles kept in memory for the next question, bytes. */
  tilesKeptBytes: 32 * 2 ** 20,
  /** Where so many points lie outside of tiles, newer seals are looked for, at most so often. */
  sealsPoints: 8_192,
  sealsReadAgainMs: 1_000,
  /** So long a series may grow until it is asked again what of it is sealed. */
  sealsKeptMs: 10_000,
}
