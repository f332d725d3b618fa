/** A series by its keys, and the id under which it is answered. */
export type Series = { readonly id: string; readonly run: bigint; readonly metric: bigint }

/** Some bits of run xor metric, by which the series of one question are told apart: the store sends them with every row. */
export type ShortKeys = {
  readonly bits: 16 | 32
  /** How far the key is shifted right. */
  readonly shift: number
  /** Ids of the series by short key. */
  readonly ids: ReadonlyMap<number, string>
}

/** Undefined when no choice of bits tells the series apart. A hundred of them need one or two tries with 16 bits. */
export function shortKeysOf(series: readonly Series[]): ShortKeys | undefined {
  const keys = series.map(({ run, metric }) => run ^ metric)
  for (const bits of [16, 32] as const) {
    for (let shift = 0; shift <= 64 - bits; shift += 4) {
      const short = (key: bigint) => Number(BigInt.asUintN(bits, key >> BigInt(shift)))
      const ids = new Map(keys.map((key, i) => [short(key), series[i]!.id]))
      if (ids.size === series.length) return { bits, shift, ids }
    }
  }
  return undefined
}
