import { type CellTable, tableOfCells } from './cell-table.ts'
import { addPoints, type Cells, createCells } from './cells.ts'
import { cut, type Drawn, pickRows } from './columns.ts'
import type { Drawing, Place } from './question.ts'
import { type Selected, selectPoints } from './select.ts'

/** What is counted of the points that were drawn. */
export type Totals = {
  points: number
  superseded: number
  nan: number
  positiveInfinity: number
  negativeInfinity: number
  firstNonFiniteStep: number | null
}

/** What came of the points of a series. */
export type Gathered = {
  readonly selected: Selected
  readonly totals: Totals
  /** Whether the points are all of the range. */
  readonly exact: boolean
  readonly table: () => CellTable
  /** Behind the last point of a page of RAW that is not the last page. */
  readonly end: Place | undefined
}

export type Gatherer = {
  /** Takes the next points; true when no more of them are wanted. */
  add(points: Drawn): boolean
  finish(): Gathered
}

/** Steps and times are whole numbers: narrower buckets would make none that differ. */
const leastExponentOf = ({ axis }: Drawing) => (axis === 'METRIC' ? Number.NEGATIVE_INFINITY : 0)

export function createGatherer(drawing: Drawing, times: boolean): Gatherer {
  return drawing.reduction === 'RAW' ? createPage(drawing, times) : createReducer(drawing, drawing.reduction, times)
}

/** Buckets; and the points themselves, as long as there are no more of them than buckets. */
function createReducer(drawing: Drawing, reduction: 'M4' | 'LTTB' | 'MEAN' | 'LAST', times: boolean): Gatherer {
  const cells = createCells(drawing.buckets, leastExponentOf(drawing), reduction === 'MEAN')
  const totals = noTotals()
  const pieces: Drawn[] = []
  return {
    add(points) {
      count(totals, points)
      addPoints(cells, points)
      // So many as show that there are too many.
      const room = drawing.buckets + 1 - pieces.reduce((sum, piece) => sum + piece.xs.length, 0)
      if (room > 0 && points.xs.length > 0) pieces.push(cut(points, 0, Math.min(room, points.xs.length)))
      return false
    },
    finish: () => reduced(cells, pieces, totals, { drawing, reduction, times }),
  }
}

type Shape = { readonly drawing: Drawing; readonly reduction: 'M4' | 'LTTB' | 'MEAN' | 'LAST'; readonly times: boolean }

/** Apart from the reducer, so that what is kept of a series until the answer goes out does not keep cells and points of the reducer with it. */
function reduced(
  cells: Cells,
  pieces: readonly Drawn[],
  totals: Totals,
  { drawing, reduction, times }: Shape,
): Gathered {
  const table = tableOfCells(cells, times)
  const whole = totals.points + totals.superseded <= drawing.buckets
  const selected = whole
    ? { ...byX(together(pieces, times)), extremesLeftOut: 0 }
    : selectPoints(table, reduction, drawing.axis === 'STEP')
  const exact = whole || (reduction !== 'MEAN' && selected.xs.length === totals.points)
  return { selected, totals, exact, table: () => table, end: undefined }
}

/** A page of points as they are, in the order of steps. Counts are those of the page. */
function createPage(drawing: Drawing, times: boolean): Gatherer {
  const { after, pagePoints } = drawing
  const pieces: Drawn[] = []
  let [length, toSkip] = [0, after?.skip ?? 0]
  return {
    add(points) {
      const { steps } = points
      let from = 0
      while (
        after &&
        from < steps.length &&
        (steps[from]! < after.step || (steps[from] === after.step && toSkip-- > 0))
      )
        from++
      // One more than the page shows whether there is another.
      const to = Math.min(steps.length, from + pagePoints + 1 - length)
      if (to > from) pieces.push(cut(points, from, to))
      length += to - from
      return length > pagePoints
    },
    finish: () => paged(together(pieces, times), drawing),
  }
}

/** Of the points gathered there may be one more than the page has. */
function paged(points: Drawn, drawing: Drawing): Gathered {
  const { after, pagePoints } = drawing
  const page = cut(points, 0, Math.min(points.xs.length, pagePoints))
  const more = points.xs.length > pagePoints
  const totals = noTotals()
  count(totals, page)
  let table: CellTable | undefined
  return {
    selected: { ...page, extremesLeftOut: 0 },
    ...{ totals, exact: !more && after === undefined },
    table() {
      table ??= tableOfPage(page, drawing)
      return table
    },
    end: more ? placeBehind(page.steps, after) : undefined,
  }
}

function tableOfPage(page: Drawn, drawing: Drawing): CellTable {
  const cells = createCells(drawing.buckets, leastExponentOf(drawing), false)
  addPoints(cells, page)
  return tableOfCells(cells, page.times !== undefined)
}

/** How many points of its last step are before it, those of earlier pages included. */
function placeBehind(steps: Float64Array, after: Place | undefined): Place {
  const step = steps.at(-1)!
  let first = steps.length - 1
  while (first > 0 && steps[first - 1] === step) first--
  const before = first === 0 && after?.step === step ? after.skip : 0
  return { step, skip: before + steps.length - first }
}

const noTotals = (): Totals => ({
  ...{ points: 0, superseded: 0, nan: 0, positiveInfinity: 0, negativeInfinity: 0, firstNonFiniteStep: null },
})

function count(totals: Totals, { values, steps, dropped }: Drawn): void {
  totals.points += values.length
  if (dropped) for (let i = 0; i < dropped.length; i++) totals.superseded += dropped[i]!
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value - value === 0) continue
    if (Number.isNaN(value)) totals.nan++
    else if (value > 0) totals.positiveInfinity++
    else totals.negativeInfinity++
    totals.firstNonFiniteStep ??= steps[i]!
  }
}

function together(pieces: readonly Drawn[], times: boolean): Drawn {
  const column = (of: (piece: Drawn) => Float64Array | undefined) => {
    const whole = new Float64Array(pieces.reduce((sum, piece) => sum + piece.xs.length, 0))
    let at = 0
    for (const piece of pieces) {
      const part = of(piece)
      if (part) whole.set(part, at)
      at += piece.xs.length
    }
    return whole
  }
  return {
    ...{ steps: column((p) => p.steps), values: column((p) => p.values), xs: column((p) => p.xs) },
    times: times ? column((p) => p.times) : undefined,
    dropped: column((p) => p.dropped),
  }
}

/** The points in the order of x; those alike in it stay in that of steps. */
function byX(points: Drawn): Drawn {
  const { xs } = points
  if (xs.every((x, i) => i === 0 || xs[i - 1]! <= x)) return points
  const rows = Int32Array.from({ length: xs.length }, (_, i) => i)
  rows.sort((a, b) => xs[a]! - xs[b]! || a - b)
  return pickRows(points, rows, rows.length)
}
