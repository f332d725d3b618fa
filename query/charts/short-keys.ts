/** A series by its keys, and the id under which it is answered. */
export type Series = { readonly id: string; readonly run: bigint; readonly metric: bigint }

/** Keys of a few hundred series in 32 bits each, so that the store sends half as much of them with every row. */
export type ShortKeys = {
  /** The short key is the lower half of run xor metric shifted right so far. */
  readonly shift: number
  /** Ids of the series by short key. */
  readonly ids: ReadonlyMap<number, string>
}

/** Two of 500 series collide once in 34,000 questions; then other bits of their keys do not. */
const shifts = [0, 8, 16, 24, 32]

/** Undefined when no shift tells the series apart. */
export function shortKeysOf(series: readonly Series[]): ShortKeys | undefined {
  for (const shift of shifts) {
    const ids = new Map(series.map(({ id, run, metric }) => [shortKey(run ^ metric, shift), id]))
    if (ids.size === series.length) return { shift, ids }
  }
  return undefined
}

const shortKey = (key: bigint, shift: number) => Number(BigInt.asUintN(32, key >> BigInt(shift)))
