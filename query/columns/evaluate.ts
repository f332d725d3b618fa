import { type Cursor, checkPlace } from '../sql/run-order.ts'
import { type Predicate, rowsPerStep, yes } from './filter.ts'
import { bytesOfPlace, createFirst, orderOf } from './order.ts'
import { createPace } from './pace.ts'
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
    let count = 0
    for (let i = 0; i < out.length; i++) if (out[i] === yes && table.present[first + i] === 1) rows[count++] = first + i
    seen(rows, count)
  })
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
  const order = orderOf(table, sortColumn, descending)
  for (const place of [question.after, question.before]) if (place) checkPlace(place, sortColumn.kind === 'number')
  const after = question.after && bytesOfPlace(question.after)
  const before = question.before && bytesOfPlace(question.before)
  const compare = fromEnd ? (a: number, b: number) => order.compare(b, a) : order.compare
  const first = createFirst(question.rows, compare)
  let count = 0
  await eachPassing(table, question.passes, (rows, passing) => {
    count += passing
    for (let i = 0; i < passing; i++) {
      const row = rows[i]!
      if (!fromEnd && first.isFull() && !order.mayComeBefore(row, first.last())) continue
      if (after && order.compareToPlace(row, after) <= 0) continue
      if (before && order.compareToPlace(row, before) >= 0) continue
      first.add(row)
    }
  })
  const rows = first.rows()
  if (fromEnd) rows.reverse()
  return { rows, places: rows.map(order.placeOf), count }
}
