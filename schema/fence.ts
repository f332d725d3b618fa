/**
 * Rows of `points` of the runs 0 to this, which no name has (a key is 64 bits of a hash), are no points: the sink puts them there to settle what
 * became of a block. As many as the servers that a store may be spread over, counted with their weights.
 */
export const fenceRuns = 256

/** How many points there are, quickly. For whoever counts all; questions are of runs that were named. */
export const pointsCountSql = `(SELECT count() FROM points) - (SELECT count() FROM points WHERE run < ${fenceRuns})`
