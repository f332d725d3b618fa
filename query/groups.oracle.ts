import { strict as assert } from 'node:assert'
import type { LoggedPoint } from './fixture.ts'

export type OracleRun = { readonly label: string | null; readonly points: readonly LoggedPoint[] }
export type OracleWindow = {
  readonly fromStep: number | undefined
  readonly toStep: number | undefined
  readonly buckets: number
  readonly value: 'LAST' | 'MEAN'
  readonly quantiles: readonly number[]
  readonly first: number
}

type Contribution = { readonly bucket: number; readonly value: number }

/** The answer by brute force over what was logged: for tests only, shares nothing with the code it checks. */
export function expectedGroups(runs: readonly OracleRun[], window: OracleWindow) {
  const labels = [...new Set(runs.map(({ label }) => label))]
  const sized = labels.map((label) => ({ label, runs: runs.filter((run) => run.label === label) }))
  sized.sort(
    (a, b) =>
      b.runs.length - a.runs.length || Number(a.label === null) - Number(b.label === null) || compare(a.label, b.label),
  )
  const shown = sized.slice(0, window.first)
  const width = widthOf(
    shown.flatMap((group) => group.runs),
    window,
  )
  return {
    width,
    otherGroups: sized.length - shown.length,
    otherRuns: sized.slice(window.first).reduce((sum, group) => sum + group.runs.length, 0),
    groups: shown.map((group) => figuresOf(group.label, group.runs, window, width)),
  }
}

const compare = (a: string | null, b: string | null) => Buffer.compare(Buffer.from(a ?? ''), Buffer.from(b ?? ''))

/** Of each run: what it logged at first and last, cut to the range. */
function widthOf(
  runs: readonly OracleRun[],
  { fromStep = -Infinity, toStep = Infinity, buckets }: OracleWindow,
): number {
  const extents = runs
    .filter(({ points }) => points.length > 0)
    .map(({ points }) => points.map(({ step }) => step))
    .map((steps) => [Math.max(fromStep, Math.min(...steps)), Math.min(toStep, Math.max(...steps))] as const)
    .filter(([first, last]) => first <= last)
  if (extents.length === 0) return 1
  const length =
    BigInt(Math.max(...extents.map(([, last]) => last))) - BigInt(Math.min(...extents.map(([first]) => first))) + 1n
  for (let width = 1n; ; width *= 2n) {
    // Wherever the range lies on the grid: its first bucket may hold only one step of it.
    const most = length <= 1n ? 1n : 1n + (length - 2n) / width + 1n
    if (width === 1n ? length <= BigInt(buckets) : most <= BigInt(buckets)) return Number(width)
  }
}

function figuresOf(label: string | null, runs: readonly OracleRun[], window: OracleWindow, width: number) {
  const cut = runs.map(({ points }) =>
    points.filter(({ step }) => step >= (window.fromStep ?? -Infinity) && step <= (window.toStep ?? Infinity)),
  )
  const standing = cut.map(standingOf)
  const startOf = (step: number) =>
    Number(
      (BigInt(step) / BigInt(width)) * BigInt(width) -
        (step < 0 && BigInt(step) % BigInt(width) !== 0n ? BigInt(width) : 0n),
    )
  const contributions = standing.flatMap((points) => contributionsOf(points, startOf, window.value))
  const lost = standing.flatMap((points) =>
    points.filter(({ value }) => !Number.isFinite(value)).map(({ step }) => startOf(step)),
  )
  const starts = [...new Set([...contributions.map(({ bucket }) => bucket), ...lost])].sort((a, b) => a - b)
  return {
    label,
    runs: runs.length,
    runsWithPoints: cut.filter((points) => points.length > 0).length,
    points: cut.reduce((sum, points) => sum + points.length, 0),
    superseded: cut.reduce((sum, points, i) => sum + points.length - standing[i]!.length, 0),
    buckets: starts.map((start) => ({
      start,
      nonFinite: lost.filter((bucket) => bucket === start).length,
      ...describe(
        contributions.filter(({ bucket }) => bucket === start).map(({ value }) => value),
        window.quantiles,
      ),
    })),
  }
}

/** Of several points of one step the one that was logged last. */
function standingOf(points: readonly LoggedPoint[]): LoggedPoint[] {
  const last = new Map<number, LoggedPoint>()
  for (const point of points) {
    const other = last.get(point.step)
    if (!other || other.ord < point.ord) last.set(point.step, point)
  }
  return [...last.values()].sort((a, b) => a.step - b.step)
}

function contributionsOf(
  points: readonly LoggedPoint[],
  startOf: (step: number) => number,
  value: 'LAST' | 'MEAN',
): Contribution[] {
  const buckets = new Map<number, number[]>()
  for (const point of points.filter(({ value }) => Number.isFinite(value))) {
    const bucket = startOf(point.step)
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), point.value])
  }
  return [...buckets].map(([bucket, values]) => ({ bucket, value: value === 'LAST' ? values.at(-1)! : meanOf(values) }))
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function describe(values: readonly number[], quantiles: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const mean = meanOf(sorted)
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return {
    count: values.length,
    mean,
    deviation: values.length < 2 ? Number.NaN : Math.sqrt(squares / (values.length - 1)),
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    median: quantileOf(sorted, 0.5),
    quantiles: quantiles.map((quantile) => quantileOf(sorted, quantile)),
  }
}

/** numpy.quantile(…, method='linear'). */
function quantileOf(sorted: readonly number[], quantile: number): number {
  if (sorted.length === 0) return Number.NaN
  const place = (sorted.length - 1) * quantile
  const below = Math.floor(place)
  if (place === below) return sorted[below]!
  return sorted[below]! + (sorted[below + 1]! - sorted[below]!) * (place - below)
}

/** Sums in another order differ in their last bits. */
export function assertClose(actual: number, expected: number, scale: number, what: string): void {
  if (Object.is(actual, expected) || actual === expected) return
  assert.ok(
    Math.abs(actual - expected) <= 1e-12 * Math.max(scale, Math.abs(expected)),
    `${what}: ${actual} is not ${expected}`,
  )
}
