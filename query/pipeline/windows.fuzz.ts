import { pick, type Random, whole } from '../../test/random.ts'
import { type History, type Metric, metrics } from './histories.fuzz.ts'
import type { SmoothingAsked } from './points.oracle.ts'

export type Run = { readonly run: string; readonly logged: History }
/** A window on the curves as the fuzz asks for it: what goes into the question, and what a brute force needs to know of it. */
export type Window = {
  readonly input: Record<string, unknown>
  readonly axis: 'STEP' | 'RELATIVE_TIME' | 'WALL_TIME' | 'METRIC'
  readonly xMetric: Metric | undefined
  readonly repeated: 'LAST' | 'FIRST' | 'ALL'
  readonly smoothing: SmoothingAsked | undefined
  readonly reduction: 'M4' | 'LTTB' | 'MEAN' | 'LAST' | 'RAW'
  readonly buckets: number
  readonly ranges: Readonly<Record<'step' | 'time' | 'relative' | 'x', readonly [number, number]>>
}

export function windowOf(random: Random, runs: readonly Run[]): Window {
  const all = runs.flatMap(({ logged }) => Object.values(logged).flat())
  const axis = pick(random, ['STEP', 'STEP', 'RELATIVE_TIME', 'WALL_TIME', 'METRIC'] as const)
  const xMetric = axis === 'METRIC' ? pick(random, metrics) : undefined
  const input: Record<string, unknown> = { x: axis, xMetric }
  const range = (name: string, from: string, to: string, likely: number, value: () => number) => {
    const bounds = [value(), value()].sort((a, b) => a - b)
    const given = all.length > 0 ? bounds.map(() => random() < likely) : [false, false]
    if (given[0]) input[from] = bounds[0]
    if (given[1]) input[to] = bounds[1]
    return [name, [given[0] ? bounds[0]! : -Infinity, given[1] ? bounds[1]! : Infinity]] as const
  }
  const anyPoint = () => pick(random, all.length > 0 ? all : [{ step: 0, time: 0, value: 0, ord: 0 }])
  const nearStep = () =>
    Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, anyPoint().step + whole(random, -2, 2)))
  const finiteValue = () => {
    const { value } = anyPoint()
    return Number.isFinite(value) ? value : 0
  }
  const onX = axis === 'METRIC' ? 0.2 : 0
  const ranges = Object.fromEntries([
    range('step', 'fromStep', 'toStep', 0.25, nearStep),
    range('time', 'fromTime', 'toTime', 0.15, () => anyPoint().time),
    range(
      'relative',
      'fromRelative',
      'toRelative',
      0.15,
      () => anyPoint().time - anyPoint().time + whole(random, 0, 1) / 2,
    ),
    range('x', 'fromX', 'toX', onX, finiteValue),
  ]) as Window['ranges']
  const buckets = pick(random, [2, 3, 10, 50, 400, 2000])
  const repeated = pick(random, ['LAST', 'FIRST', 'ALL'] as const)
  const reduction = pick(random, ['M4', 'LTTB', 'MEAN', 'LAST', 'RAW'] as const)
  const halfLives = [0.3, 2, 50, 10_000, 1e12]
  const smoothing = pick(random, [
    undefined,
    undefined,
    undefined,
    { halfLife: pick(random, halfLives) },
    { points: pick(random, [1, 2, 7, 100, 1_000_000]) },
    ...(axis === 'METRIC' ? [] : [{ width: pick(random, [0.5, 3, 1000, 1e15]) }]),
  ])
  Object.assign(input, { buckets, repeated, reduction, smoothing })
  if (reduction === 'RAW') input.first = 50_000
  return { input, axis, xMetric, repeated, smoothing, reduction, buckets, ranges }
}
