/** Rows of one step of an evaluation: small enough that what it writes stays near. */
export const rowsPerStep = 8_192

/**
 * Writes what it says of the rows from `first` on into `out`, one for each of its places. Marks are computed and never branched on: what no
 * processor can foresee costs six times as much.
 */
export type Predicate = (first: number, out: Uint8Array) => void
