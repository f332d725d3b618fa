/** Points of a series in the order of step, then of logging, as columns of one length. */
export type Page = {
  readonly steps: Float64Array
  readonly values: Float64Array
  /** Ms since 1970; undefined where nobody needs them. */
  readonly times: Float64Array | undefined
}

/** Points that stand: the superseded ones are gone. */
export type Settled = Page & {
  /** How many points each one superseded; undefined: none of them any. */
  readonly dropped: Float64Array | undefined
  /** With ALL: which of the points of its step each one is, from 0; undefined: the only one, each. */
  readonly ordinals: Float64Array | undefined
}

/** Points ready to be drawn. */
export type Drawn = Page & {
  readonly xs: Float64Array
  readonly dropped: Float64Array | undefined
}

type Column = Float64Array | undefined

/** The same columns from row `from` up to `to`, without copying. */
export function cut<T extends { readonly [name: string]: Column }>(columns: T, from: number, to: number): T {
  const entries = Object.entries(columns).map(([name, column]) => [name, column?.subarray(from, to)] as const)
  return Object.fromEntries(entries) as unknown as T
}

/** Those rows of the columns that `rows` lists, the first `count` of it. */
export function pickRows<T extends { readonly [name: string]: Column }>(
  columns: T,
  rows: Int32Array,
  count: number,
): T {
  const entries = Object.entries(columns).map(
    ([name, column]) => [name, column && picked(column, rows, count)] as const,
  )
  return Object.fromEntries(entries) as unknown as T
}

function picked(column: Float64Array, rows: Int32Array, count: number): Float64Array {
  const kept = new Float64Array(count)
  for (let i = 0; i < count; i++) kept[i] = column[rows[i]!]!
  return kept
}
