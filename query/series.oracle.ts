import { strict as assert } from 'node:assert'
import type { LoggedPoint } from './fixture.ts'

export type Expected = {
  readonly steps: number[]
  readonly values: number[]
  readonly buckets: { readonly steps: (number | null)[] } & Record<string, (number | null)[]>
  readonly receipt: Record<string, unknown>
}
type Window = {
  readonly fromStep: number | undefined
  readonly toStep: number | undefined
  readonly buckets: number
  readonly repeated: 'LAST' | 'FIRST' | 'ALL'
  /** As the answer says; checked here to be the right one. */
  readonly width: number
}

/** The answer to a question about one series, by brute force over big integers: for tests only, shares nothing with the code it checks. */
export function expectedSeries(logged: readonly LoggedPoint[], window: Window): Expected {
  const inRange = logged
    .filter(({ step }) => step >= (window.fromStep ?? -Infinity) && step <= (window.toStep ?? Infinity))
    .sort((a, b) => a.step - b.step || a.ord - b.ord)
  const standing = inRange.filter((point, i) => {
    if (window.repeated === 'LAST') return inRange[i + 1]?.step !== point.step
    if (window.repeated === 'FIRST') return inRange[i - 1]?.step !== point.step
    return true
  })
  checkWidth(inRange, window)
  const buckets = grouped(standing, window.width)
  assert.ok(buckets.length <= window.buckets, 'no more buckets than asked for')
  const shown = inRange.length <= window.buckets ? standing : buckets.flatMap(({ points }) => drawn(points))
  const exact = shown.length === standing.length
  const count = (value: number) => standing.filter((point) => Object.is(point.value, value)).length
  return {
    steps: shown.map((point) => point.step),
    values: shown.map((point) => point.value),
    buckets: figures(buckets),
    receipt: {
      method: exact ? 'RAW' : 'M4',
      exact,
      bucketWidth: window.width,
      pointsTotal: inRange.length,
      pointsReturned: shown.length,
      superseded: inRange.length - standing.length,
      nan: count(Number.NaN),
      positiveInfinity: count(Infinity),
      negativeInfinity: count(-Infinity),
      firstNonFiniteStep: standing.find((point) => !Number.isFinite(point.value))?.step ?? null,
    },
  }
}

/** The least power of two whose grid covers the range within the bound wherever the range lies. */
function checkWidth(inRange: readonly LoggedPoint[], { buckets, width }: Window): void {
  if (inRange.length === 0) {
    assert.equal(width, 1)
    return
  }
  const length = BigInt(inRange.at(-1)!.step) - BigInt(inRange[0]!.step) + 1n
  // The worst place for a range: its first step is the last one of a bucket.
  const touched = (w: bigint) => (w === 1n ? length : 1n + (length - 1n + w - 1n) / w)
  assert.ok(touched(BigInt(width)) <= BigInt(buckets), `width ${width} is too small`)
  if (width > 1) assert.ok(touched(BigInt(width) / 2n) > BigInt(buckets), `width ${width} is too large`)
}

type Bucket = { readonly start: number; readonly points: LoggedPoint[] }

function grouped(points: readonly LoggedPoint[], width: number): Bucket[] {
  const buckets = new Map<bigint, LoggedPoint[]>()
  for (const point of points) {
    const [step, w] = [BigInt(point.step), BigInt(width)]
    const start = step - (((step % w) + w) % w)
    buckets.set(start, [...(buckets.get(start) ?? []), point])
  }
  return [...buckets].map(([start, inBucket]) => ({ start: Number(start), points: inBucket }))
}

const finite = (points: readonly LoggedPoint[]) => points.filter((point) => Number.isFinite(point.value))
/** -0 before 0, then by step: which of several equal values is shown. */
const byValue = (a: LoggedPoint, b: LoggedPoint) =>
  a.value - b.value || Number(Object.is(b.value, -0)) - Number(Object.is(a.value, -0)) || a.step - b.step
const lowest = (points: readonly LoggedPoint[]) => [...points].sort(byValue)[0]
const highest = (points: readonly LoggedPoint[]) => {
  const top = [...points].sort(byValue).at(-1)
  return top && points.find((point) => Object.is(point.value, top.value))
}

/** M4 of a bucket and its first points that are not finite; of those alike in step and value one. */
function drawn(points: readonly LoggedPoint[]): LoggedPoint[] {
  const solid = finite(points)
  const first = (value: number) => points.find((point) => Object.is(point.value, value))
  const wanted = [
    solid[0],
    lowest(solid),
    highest(solid),
    first(Number.NaN),
    first(Infinity),
    first(-Infinity),
    solid.at(-1),
  ]
  const chosen: LoggedPoint[] = []
  for (const point of wanted) {
    if (point && !chosen.some((c) => c.step === point.step && Object.is(c.value, point.value))) chosen.push(point)
  }
  return chosen.sort((a, b) => a.step - b.step)
}

function figures(buckets: readonly Bucket[]): Expected['buckets'] {
  const column = (figure: (points: readonly LoggedPoint[]) => number | null) => buckets.map((b) => figure(b.points))
  const count = (value: number) => column((points) => points.filter((point) => Object.is(point.value, value)).length)
  return {
    steps: buckets.map((bucket) => bucket.start),
    counts: column((points) => points.length),
    first: column((points) => finite(points)[0]?.value ?? null),
    min: column((points) => lowest(finite(points))?.value ?? null),
    max: column((points) => highest(finite(points))?.value ?? null),
    last: column((points) => finite(points).at(-1)?.value ?? null),
    nan: count(Number.NaN),
    positiveInfinity: count(Infinity),
    negativeInfinity: count(-Infinity),
  }
}
