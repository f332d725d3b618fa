import { type Cursor, checkPlace } from '../sql/run-order.ts'
import { createFirst } from './first.ts'
import { orderOf, rankColumn } from './order.ts'
import { createPace } from './pace.ts'
import { type Predicate, rowsPerStep } from './predicate.ts'
import type { Column, RunTable } from './table.ts'

/**
 * Shows `seen` the numbers of all runs that pass, in steps between which others have their turn. The steps come in a mixed order: where runs lie
 * in or against the order asked for, each step from one end would bring better ones than all before.
 * To be called while nobody changes the table.
 */
export async function eachPassing(
  table: RunTable,
  passes: Predicate,
  seen: (rows: Int32Array, count: number) => void,
): Promise<void> {
  const rows = new Int32Array(rowsPerStep)
  await eachStep(table, passes, (first, out) => {
    seen(rows, gather(rows, first, out, table.present))
  })
}

/** Numbers of the rows marked `yes` that are present. Without a branch, which no processor could foresee: five times as fast. */
function gather(rows: Int32Array, first: number, out: Uint8Array, present: Uint8Array): number {
  let count = 0
  for (let i = 0; i < out.length; i++) {
    rows[count] = first + i
    count += (out[i]! >> 1) & present[first + i]!
  }
  return count
}

/** The same with what a predicate says of each row from `first` on, present or not. */
export async function eachStep(
  table: RunTable,
  passes: Predicate,
  seen: (first: number, out: Uint8Array) => void,
): Promise<void> {
  const pause = createPace()
  const marks = new Uint8Array(rowsPerStep)
  const total = table.keys.count
  const steps = Math.ceil(total / rowsPerStep)
  const stride = strideOf(steps)
  for (let step = 0; step < steps; step++) {
    const first = ((step * stride) % steps) * rowsPerStep
    const out = marks.subarray(0, Math.min(rowsPerStep, total - first))
    passes(first, out)
    seen(first, out)
    await pause()
  }
}

/** About 0.618 of a number, and with no divisor in common, so that its multiples visit every place. */
function strideOf(steps: number): number {
  let stride = Math.max(1, Math.round(0.618 * steps))
  while (gcd(stride, steps) > 1) stride++
  return stride
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

export type PageQuestion = {
  readonly passes: Predicate
  readonly sortColumn: Column
  readonly descending: boolean
  readonly after: Cursor | undefined
  readonly before: Cursor | undefined
  readonly rows: number
  /** The last rows of the range instead of the first. */
  readonly fromEnd: boolean
}

/** The numbers of a page's runs in order, their places, and how many runs pass the filter at all. */
export async function pageOf(
  table: RunTable,
  question: PageQuestion,
): Promise<{ rows: number[]; places: Cursor[]; count: number }> {
  const { sortColumn, descending, fromEnd } = question
  for (const place of [question.after, question.before]) if (place) checkPlace(place, sortColumn.kind === 'number')
  await rankColumn(table, sortColumn)
  const order = orderOf(table, sortColumn, descending)
  const toAfter = question.after && order.toPlace(question.after)
  const toBefore = question.before && order.toPlace(question.before)
  const compare = fromEnd ? (a: number, b: number) => order.compare(b, a) : order.compare
  const first = createFirst(question.rows, compare)
  let count = 0
  await eachPassing(table, question.passes, (rows, passing) => {
    count += passing
    const left = first.isFull() ? order.narrow(rows, passing, first.last(), fromEnd) : passing
    for (let i = 0; i < left; i++) {
      const row = rows[i]!
      if (toAfter && toAfter(row) <= 0) continue
      if (toBefore && toBefore(row) >= 0) continue
      first.add(row)
    }
  })
  const rows = first.rows()
  if (fromEnd) rows.reverse()
  return { rows, places: rows.map(order.placeOf), count }
}
