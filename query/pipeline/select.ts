import type { CellTable, Role } from './cell-table.ts'
import { chooseByTriangles } from './lttb.ts'

/** Points of a curve in the order of x, then of step. */
export type Selected = {
  readonly steps: Float64Array
  readonly values: Float64Array
  readonly xs: Float64Array
  readonly times: Float64Array | undefined
  /** Buckets whose lowest or highest finite value is not among the points. */
  readonly extremesLeftOut: number
}

/** Points that one bucket can hand over. */
const pointsPerCell = 7

/**
 * The points that stand for the buckets, and whatever the reduction each bucket's first NaN, Infinity and -Infinity.
 * - M4: the first, lowest, highest and last finite point.
 * - LAST: the last finite point.
 * - LTTB: one of the four M4 points, see `lttb.ts`.
 * - MEAN: the mean of the finite values, at the start of the bucket. Its step is that of the bucket's first finite point, or with `stepsAtStart`
 *   the start too, for where x is the step.
 */
export function selectPoints(
  table: CellTable,
  reduction: 'M4' | 'LTTB' | 'MEAN' | 'LAST',
  stepsAtStart: boolean,
): Selected {
  const out = createPicked(table.count * pointsPerCell, table.first.times !== undefined)
  const triangles = reduction === 'LTTB' ? chooseByTriangles(table) : undefined
  let extremesLeftOut = 0
  for (let row = 0; row < table.count; row++) {
    out.begin()
    const finite = table.first.counts[row]! > 0
    if (finite && reduction === 'M4') for (const r of [table.first, table.low, table.high]) out.offer(r, row)
    if (finite && reduction === 'MEAN') {
      const start = table.starts[row]!
      out.put(start, stepsAtStart ? start : table.first.steps[row]!, table.means![row]!, table.first.times?.[row])
    }
    if (finite && triangles) for (const r of triangles[row]!) out.offer(r, row)
    for (const r of [table.nan, table.positive, table.negative]) if (r.counts[row]! > 0) out.offer(r, row)
    if (finite && (reduction === 'M4' || reduction === 'LAST')) out.offer(table.last, row)
    if (finite && !(out.has(table.low.values[row]!) && out.has(table.high.values[row]!))) extremesLeftOut++
  }
  return { ...out.columns(), extremesLeftOut }
}

function createPicked(capacity: number, withTimes: boolean) {
  const [xs, steps, values] = [new Float64Array(capacity), new Float64Array(capacity), new Float64Array(capacity)]
  const times = withTimes ? new Float64Array(capacity) : undefined
  const all = times ? [xs, steps, values, times] : [xs, steps, values]
  let [start, length] = [0, 0]

  /** In its place among the bucket's points; those alike in x and step stay in the order in which they come. */
  function put(x: number, step: number, value: number, time: number | undefined): void {
    let place = length
    while (place > start && (xs[place - 1]! > x || (xs[place - 1] === x && steps[place - 1]! > step))) place--
    for (let i = place - 1; i >= start && xs[i] === x && steps[i] === step; i--) if (Object.is(values[i], value)) return
    for (const column of all) column.copyWithin(place + 1, place, length)
    xs[place] = x
    steps[place] = step
    values[place] = value
    if (times) times[place] = time ?? Number.NaN
    length++
  }
  return {
    put,
    begin: () => {
      start = length
    },
    offer: (r: Role, row: number) => put(r.xs[row]!, r.steps[row]!, r.values[row]!, r.times?.[row]),
    /** Whether the bucket has a point of this value. */
    has: (value: number) => values.subarray(start, length).includes(value),
    columns: () => ({
      ...{ xs: xs.slice(0, length), steps: steps.slice(0, length), values: values.slice(0, length) },
      times: times?.slice(0, length),
    }),
  }
}
