import { type Drawn, pickRows } from './columns.ts'
import { type Drawing, isOpen, type Range } from './question.ts'

/** Counted on the way: points of the other ranges whose x is not finite. */
export type Tally = { nonFiniteX: number }

/**
 * Those of the points that lie in all of the ranges. `origin`: when the run began, where that is known. x is not finite only where it is a metric.
 */
export function withinRanges(points: Drawn, drawing: Drawing, origin: number, tally: Tally): Drawn {
  const { steps, times, xs } = points
  const { time, relative, x, axis } = drawing
  const timed = !isOpen(time) || !isOpen(relative)
  // Times are whole, so that no rounding can carry a sum across a bound.
  const holds = (range: Range, value: number) => value >= range.from && value <= range.to
  const { from, to } = drawing.steps
  // Points come in order of steps, so that both ends tell for all.
  const inSteps = steps.length === 0 || (steps[0]! >= from && steps.at(-1)! <= to)
  if (inSteps && !timed && axis !== 'METRIC') return points
  const rows = new Int32Array(steps.length)
  let count = 0
  for (let i = 0; i < steps.length; i++) {
    if (steps[i]! < from || steps[i]! > to) continue
    if (timed && !(holds(time, times![i]!) && (isOpen(relative) || holds(relative, times![i]! - origin)))) continue
    if (!Number.isFinite(xs[i]!)) {
      tally.nonFiniteX++
      continue
    }
    if (holds(x, xs[i]!)) rows[count++] = i
  }
  return count === steps.length ? points : pickRows(points, rows, count)
}
