import { strict as assert } from 'node:assert'
import { approximately, exactly, exponentOf, floorDivide, meanOf, meanRounding } from './exact.oracle.ts'
import type { Point } from './points.oracle.ts'

export type Shape = {
  readonly axis: string
  readonly buckets: number
  readonly reduction: 'M4' | 'LTTB' | 'MEAN' | 'LAST'
}

export type ExpectedPoint = Point & {
  /** How far the value may be off: 0 means not at all. */
  readonly within: number
}

type Bucket = { readonly start: number; readonly points: readonly Point[] }

/** The curve of points that are all in range, by brute force over exact numbers: for tests only. `shown` are the answer's, which LTTB follows. */
export function expectedCurve(
  points: readonly Point[],
  shape: Shape,
  shown: readonly Pick<Point, 'x' | 'step' | 'value'>[],
) {
  const { axis, buckets: most, reduction } = shape
  const sorted = points.map((point, i) => ({ ...point, i })).sort((a, b) => a.x - b.x || a.i - b.i)
  const xs = sorted.map(({ x }) => x)
  const exponent = xs.length === 0 ? 0 : exponentOf(xs[0]!, xs.at(-1)!, most, axis === 'METRIC' ? -1074 : 0)
  const buckets = grouped(sorted, exponent)
  assert.ok(buckets.length <= most, 'no more buckets than asked for')
  const logged = points.reduce((sum, { dropped }) => sum + 1 + dropped, 0)
  const whole = logged <= most
  const drawn = whole
    ? sorted.map((point) => ({ ...point, within: 0 }))
    : reduction === 'LTTB'
      ? triangles(buckets, shown)
      : buckets.flatMap((bucket) => drawnOf(bucket, reduction, axis))
  const exact = whole || (reduction !== 'MEAN' && drawn.length === points.length)
  const lost = (bucket: Bucket) => {
    const values = finite(bucket.points).map((p) => p.value)
    const has = (value: number) => drawn.some((d) => d.value === value && inBucket(d, bucket, buckets))
    return values.length > 0 && !(has(Math.min(...values)) && has(Math.max(...values)))
  }
  return {
    drawn,
    exact,
    width: 2 ** exponent,
    extremesLeftOut: whole ? 0 : buckets.filter(lost).length,
    figures: figuresOf(buckets, axis, reduction),
  }
}

function inBucket(point: Pick<Point, 'x'>, bucket: Bucket, buckets: readonly Bucket[]): boolean {
  const next = buckets[buckets.indexOf(bucket) + 1]
  return point.x >= bucket.start && (next === undefined || point.x < next.start)
}

function grouped(sorted: readonly Point[], exponent: number): Bucket[] {
  const width = 1n << BigInt(exponent + 1074)
  const buckets = new Map<bigint, Point[]>()
  for (const point of sorted) {
    const key = floorDivide(exactly(point.x), width)
    const bucket = buckets.get(key)
    if (bucket) bucket.push(point)
    else buckets.set(key, [point])
  }
  return [...buckets].map(([key, inBucket]) => ({ start: approximately(key * width), points: inBucket }))
}

const finite = (points: readonly Point[]) => points.filter(({ value }) => Number.isFinite(value))
const negativeZero = (value: number) => (Object.is(value, -0) ? 1 : 0)
/** Points are in the order of x and steps: of those alike in value the first one wins. */
function extreme(points: readonly Point[], sign: 1 | -1): Point | undefined {
  let best: Point | undefined
  for (const point of points) {
    const order = best ? point.value - best.value || negativeZero(best.value) - negativeZero(point.value) : -sign
    if (sign * order < 0) best = point
  }
  return best
}
const firstOf = (points: readonly Point[], value: number) => points.find((point) => Object.is(point.value, value))

function drawnOf({ start, points }: Bucket, reduction: 'M4' | 'MEAN' | 'LAST', axis: string): ExpectedPoint[] {
  const solid = finite(points)
  const odd = oddOf(points)
  const exactPoints = (list: readonly (Point | undefined)[]) => once(list).map((point) => ({ ...point, within: 0 }))
  if (reduction === 'M4') return exactPoints([solid[0], extreme(solid, 1), extreme(solid, -1), ...odd, solid.at(-1)])
  if (reduction === 'LAST') return exactPoints([...odd, solid.at(-1)])
  if (solid.length === 0) return exactPoints(odd)
  const values = solid.map(({ value }) => value)
  const value = meanOf(values)
  const within = meanRounding(value, values.length, Math.max(...values.map(Math.abs)))
  const mean = { ...solid[0]!, x: start, step: axis === 'STEP' ? start : solid[0]!.step, value, within }
  return [mean, ...exactPoints(odd)].sort((a, b) => a.x - b.x || a.step - b.step)
}

const oddOf = (points: readonly Point[]) => [Number.NaN, Infinity, -Infinity].map((value) => firstOf(points, value))

/** Those there are, alike ones once, in the order of x and step. */
function once(points: readonly (Point | undefined)[]): Point[] {
  const chosen: Point[] = []
  for (const point of points) {
    const alike = (c: Point) => c.x === point?.x && c.step === point.step && Object.is(c.value, point.value)
    if (point && !chosen.some(alike)) chosen.push(point)
  }
  return chosen.sort((a, b) => a.x - b.x || a.step - b.step)
}

/** Follows the answer from bucket to bucket and sees that each choice spans as large a triangle as any. */
function triangles(buckets: readonly Bucket[], shown: readonly Pick<Point, 'x' | 'step' | 'value'>[]): ExpectedPoint[] {
  const solid = buckets.filter(({ points }) => finite(points).length > 0)
  const candidates = ({ points }: Bucket) => {
    const all = finite(points)
    return once([all[0], extreme(all, 1), extreme(all, -1), all.at(-1)])
  }
  const all = solid.flatMap(({ points }) => finite(points))
  const [left, right] = [Math.min(...all.map((p) => p.x)), Math.max(...all.map((p) => p.x))]
  const tallest = Math.max(...all.map((p) => Math.abs(p.value))) || 1
  const shareX = (x: number) => (x / 2 - left / 2) / (right / 2 - left / 2 || 1)
  const place = (p: Pick<Point, 'x' | 'value'>) => [shareX(p.x), p.value / tallest] as const
  const chosen = new Map<Bucket, Point[]>()
  for (const [i, bucket] of solid.entries()) {
    const own = finite(bucket.points)
    if (i === 0) chosen.set(bucket, [own[0]!, ...(solid.length === 1 ? [own.at(-1)!] : [])])
    else if (i === solid.length - 1) chosen.set(bucket, [own.at(-1)!])
    else {
      const [ax, ay] = place(chosen.get(solid[i - 1]!)!.at(-1)!)
      const next = candidates(solid[i + 1]!).map(place)
      const different = next.filter(([x, y], k) => next.findIndex(([u, v]) => u === x && v === y) === k)
      const cx = different.reduce((sum, [x]) => sum + x, 0) / different.length
      const cy = different.reduce((sum, [, y]) => sum + y, 0) / different.length
      const size = (p: Point) => {
        const [bx, by] = place(p)
        return Math.abs(ax * (by - cy) + bx * (cy - ay) + cx * (ay - by))
      }
      const best = Math.max(...candidates(bucket).map(size))
      const good = candidates(bucket).filter((p) => size(p) >= best - 1e-12)
      const taken = good.find((p) => shown.some((s) => s.x === p.x && s.step === p.step && Object.is(s.value, p.value)))
      assert.ok(taken, `no point of the bucket at ${bucket.start} with a largest triangle is shown`)
      chosen.set(bucket, [taken])
    }
  }
  return buckets.flatMap((bucket) => {
    const picks = chosen.get(bucket) ?? []
    return once([...picks, ...oddOf(bucket.points)]).map((point) => ({ ...point, within: 0 }))
  })
}

function figuresOf(buckets: readonly Bucket[], axis: string, reduction: string) {
  const column = (figure: (points: readonly Point[]) => number | null) => buckets.map(({ points }) => figure(points))
  const count = (value: number) => column((points) => points.filter((p) => Object.is(p.value, value)).length)
  const starts = buckets.map(({ start }) => start)
  return {
    x: starts,
    steps: axis === 'STEP' ? starts : column((points) => Math.min(...points.map((p) => p.step))),
    counts: column((points) => points.length),
    first: column((points) => finite(points)[0]?.value ?? null),
    min: column((points) => extreme(finite(points), 1)?.value ?? null),
    max: column((points) => extreme(finite(points), -1)?.value ?? null),
    last: column((points) => finite(points).at(-1)?.value ?? null),
    nan: count(Number.NaN),
    positiveInfinity: count(Infinity),
    negativeInfinity: count(-Infinity),
    hasMean: reduction === 'MEAN',
  }
}
