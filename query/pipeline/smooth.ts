import { limits } from '../../schema/limits.ts'
import { failure } from '../failures.ts'
import type { Smoothing } from './question.ts'
import { createWindow } from './window.ts'

/** Smooths the next points of a series: values for those given, as many. Called with all of its points in step order, piece by piece. */
export type Smoother = (xs: Float64Array, values: Float64Array) => Float64Array

/**
 * Smoothing goes along the points in the order of steps. A point that is not finite, in value or in x, is passed over: it comes out as it is, and
 * what comes after is as if it had not been there.
 */
export function createSmoother(smoothing: Smoothing): Smoother {
  if (smoothing.method === 'EMA') return overFinite(createAverage(smoothing.halfLife))
  const points = 'points' in smoothing ? smoothing.points : Number.POSITIVE_INFINITY
  const width = 'width' in smoothing ? smoothing.width : Number.POSITIVE_INFINITY
  return overFinite(createMovingAverage(points, width))
}

function overFinite(next: (x: number, value: number) => number): Smoother {
  return (xs, values) => {
    const smoothed = new Float64Array(values.length)
    for (let i = 0; i < values.length; i++) {
      const [x, value] = [xs[i]!, values[i]!]
      smoothed[i] = Number.isFinite(value) && Number.isFinite(x) ? next(x, value) : value
    }
    return smoothed
  }
}

/**
 * Exponential moving average by distance in x: the mean of this point and all before it, a point counting half for every half-life that the way
 * along x to it is long. Weights are divided by their sum, so that the first points are not drawn towards 0 (debiased). Where x goes back the
 * way goes on.
 */
function createAverage(halfLife: number): (x: number, value: number) => number {
  let [average, weight, before] = [0, 0, Number.NaN]
  return (x, value) => {
    if (weight === 0) [average, weight] = [value, 1]
    else {
      const older = weight * 2 ** (-Math.abs(x - before) / halfLife)
      weight = older + 1
      const [step, share, rest] = [value - average, 1 / weight, older / weight]
      // From the nearer of the two, so that a little of a huge one is not lost beside it; they may be further apart than float64 reaches.
      const near = share < 0.5 ? average + step * share : value - step * rest
      const next = Number.isFinite(step) ? near : average * rest + value * share
      // Between the two, whatever rounding does.
      average = Math.max(Math.min(average, value), Math.min(next, Math.max(average, value)))
    }
    before = x
    return average
  }
}

/** Mean of this point and those before it: the last so many, or those from which the way along x is less than `width`. */
function createMovingAverage(points: number, width: number): (x: number, value: number) => number {
  const window = createWindow()
  const unbounded = width === Number.POSITIVE_INFINITY
  let [way, before] = [0, Number.NaN]
  return (x, value) => {
    const distance = unbounded ? 0 : Math.abs(x - before)
    before = x
    // So the way stays short, and short distances still count after a long one.
    if (distance >= width) {
      while (window.length() > 0) window.drop()
      way = 0
    } else if (window.length() > 0) way += distance
    while (window.length() > 0 && (window.length() >= points || way - window.firstPlace() >= width)) window.drop()
    if (window.length() >= limits.movingAveragePoints) {
      const most = limits.movingAveragePoints
      throw failure('TOO_COSTLY', `the window of the moving average holds more than ${most} points; use a narrower one`)
    }
    window.add(way, value)
    return window.mean()
  }
}
