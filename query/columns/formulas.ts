import { evaluate } from '../expressions/evaluate.ts'
import type { Formula } from '../sql/run-formulas.ts'
import { type Cursor, checkPlace } from '../sql/run-order.ts'
import { needsOfFormula } from './needs.ts'
import { createNumbers, isAbsent, type NumberColumn, setAbsent } from './numbers.ts'
import { createPace } from './pace.ts'
import { figuresOf, type RunTable } from './table.ts'

/** Computes a formula of some rows, one after the other: those from `first` on into `out` from `at` on. */
function compute(table: RunTable, formula: Formula, first: number, out: NumberColumn, at: number, rows: number): void {
  const columns = needsOfFormula(formula).map((need) => figuresOf(table, need))
  const part = ({ values }: NumberColumn) => values.subarray(first, first + rows)
  const columnOf = (metric: string) => part(columns[formula.metrics.indexOf(metric)]!)
  out.values.set(evaluate(formula.expression, columnOf, rows), at)
  // A formula without one of its figures is none, whatever arithmetic makes of it.
  for (const column of columns) {
    for (let row = first; row < first + rows; row++) if (isAbsent(column, row)) setAbsent(out, at + row - first)
  }
}

/** A column of so many rows, and what fills it with the formula of the table's rows from `first` on. */
export function createFormulaStep(table: RunTable, formula: Formula, rowsPerStep: number) {
  const column = createNumbers(rowsPerStep)
  const fill = (first: number, rows: number) => compute(table, formula, first, column, 0, rows)
  return { column, fill }
}

/** Rows computed between two looks at the clock. */
const rowsPerLook = 8_192

/** A formula of all rows, for an order. To be called while nobody changes the table. */
export async function formulaColumn(table: RunTable, formula: Formula): Promise<NumberColumn> {
  const column = createNumbers(table.capacity)
  const pause = createPace()
  for (let first = 0; first < table.keys.count; first += rowsPerLook) {
    compute(table, formula, first, column, first, Math.min(rowsPerLook, table.keys.count - first))
    await pause()
  }
  return column
}

/** A place whose key is what its formula comes to here. */
export function keyedPlace(formula: Formula, place: Cursor): Cursor {
  checkPlace(place, true, formula)
  if (typeof place.key !== 'object') return place
  const figures = place.key
  const columnOf = (metric: string) => Float64Array.of(figures[formula.metrics.indexOf(metric)]!)
  return { ...place, key: evaluate(formula.expression, columnOf, 1)[0]! }
}

/** A place by the figures that its formula is over; one without a key stays as it is. */
export function placeByFigures(table: RunTable, formula: Formula, row: number, place: Cursor): Cursor {
  if (place.rank !== 0) return place
  return { ...place, key: needsOfFormula(formula).map((need) => figuresOf(table, need).values[row]!) }
}
