import { meanOf, meanRounding } from './exact.oracle.ts'
import type { Logged } from './pipeline.fixture.ts'

/** A point that may be drawn: what of it counts, where it lies, and how many points it superseded. */
export type Point = {
  readonly step: number
  readonly time: number
  readonly value: number
  readonly x: number
  readonly dropped: number
}

export type Source = {
  /** Points of the metrics of which the series is made. */
  readonly parts: readonly (readonly Logged[])[]
  readonly compute: (values: readonly number[]) => number
  readonly axis: 'STEP' | 'RELATIVE_TIME' | 'WALL_TIME' | 'METRIC'
  readonly xPart: readonly Logged[]
  readonly origin: number
  readonly repeated: 'LAST' | 'FIRST' | 'ALL'
}

type Standing = Logged & { readonly dropped: number; readonly ordinal: number }

/** By brute force, for tests only: all points of a series in the order of steps, and how many found no partner at which steps. */
export function pointsOf(source: Source): { points: Point[]; alone: number[] } {
  const { parts, compute, axis, xPart, origin, repeated } = source
  const inputs = (axis === 'METRIC' ? [...parts, xPart] : parts).map((part) => settle(part, repeated))
  const name = (p: Standing) => `${p.step}/${p.ordinal}`
  const byName = inputs.map((input) => new Map(input.map((p) => [name(p), p])))
  const points: Point[] = []
  for (const first of inputs[0]!) {
    const met = byName.map((input) => input.get(name(first)))
    if (!met.every((p) => p !== undefined)) continue
    const own = met.slice(0, parts.length)
    const time = Math.max(...own.map((p) => p.time))
    const x = { STEP: first.step, WALL_TIME: time, RELATIVE_TIME: time - origin, METRIC: met.at(-1)!.value }[axis]
    const dropped = own.reduce((sum, p) => sum + p.dropped, 0)
    points.push({ step: first.step, time, value: compute(own.map((p) => p.value)), x, dropped })
  }
  const alone = inputs
    .slice(0, parts.length)
    .flatMap((input) => input.filter((p) => byName.some((other) => !other.has(name(p)))).map((p) => p.step))
  return { points, alone }
}

function settle(logged: readonly Logged[], repeated: Source['repeated']): Standing[] {
  const steps = new Map<number, Logged[]>()
  for (const point of logged) steps.set(point.step, [...(steps.get(point.step) ?? []), point])
  return [...steps.values()]
    .map((alike) => alike.sort((a, b) => a.ord - b.ord))
    .sort((a, b) => a[0]!.step - b[0]!.step)
    .flatMap((alike): Standing[] => {
      if (repeated === 'ALL') return alike.map((p, ordinal) => ({ ...p, dropped: 0, ordinal }))
      const standing = repeated === 'LAST' ? alike.at(-1)! : alike[0]!
      return [{ ...standing, dropped: alike.length - 1, ordinal: 0 }]
    })
}

export type SmoothingAsked = { halfLife: number } | { points: number } | { width: number }

/**
 * What each point smoothed should be by the definition, and how far off it may be: as far as rounding of each term carries. Points that are not finite
 * come out as they are.
 */
export function smoothed(points: readonly Point[], asked: SmoothingAsked): { want: number; within: number }[] {
  const counting: Point[] = []
  // Of an average that is carried on from point to point: what rounding may have done to it by now.
  let [rounding, wanted] = [0, 0]
  return points.map((point) => {
    if (!Number.isFinite(point.value) || !Number.isFinite(point.x)) return { want: point.value, within: 0 }
    counting.push(point)
    const ways = waysTo(counting)
    if ('halfLife' in asked) {
      // Square roots of the weights: a weight too small for float64 still leaves something of a huge value.
      const weighted = counting.map(({ value }, i) => ({ root: 2 ** (-ways[i]! / asked.halfLife / 2), value }))
      const total = weighted.reduce((sum, { root }) => sum + root * root, 0)
      const mean = (of: (value: number) => number) =>
        weighted.reduce((sum, { root, value }) => sum + ((of(value) * root) / total) * root, 0)
      // A mean lies within float64, whatever the rounding of its terms does.
      const want = Math.max(
        -Number.MAX_VALUE,
        Math.min(
          mean((value) => value),
          Number.MAX_VALUE,
        ),
      )
      rounding = rounding * (1 - 1 / total) + 2 ** -50 * Math.max(Math.abs(wanted), Math.abs(point.value))
      wanted = want
      return { want, within: 1e-11 * mean(Math.abs) + rounding + 5e-324 }
    }
    const window = 'points' in asked ? counting.slice(-asked.points) : counting.filter((_, i) => ways[i]! < asked.width)
    const values = window.map(({ value }) => value)
    const want = meanOf(values)
    return { want, within: meanRounding(want, values.length, Math.max(...values.map(Math.abs))) }
  })
}

/** How far each point is from the last one, along x from point to point. */
function waysTo(points: readonly Point[]): number[] {
  const ways = points.map(() => 0)
  for (let i = points.length - 2; i >= 0; i--) ways[i] = ways[i + 1]! + Math.abs(points[i + 1]!.x - points[i]!.x)
  return ways
}
