/** What a condition says of a row, so that `and` is &, `or` is |. */
export const [no, maybe, yes] = [0, 1, 3] as const
