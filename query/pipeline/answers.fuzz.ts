import { strict as assert } from 'node:assert'
import type { Answer } from '../fixture.ts'
import { expectedCurve } from './curves.oracle.ts'
import type { Formula } from './histories.fuzz.ts'
import { unpack } from './pipeline.fixture.ts'
import { type Point, pointsOf, smoothed } from './points.oracle.ts'
import type { Run, Window } from './windows.fuzz.ts'

const receiptFields = `method exact axis xMetric origin bucketWidth pointsTotal pointsReturned superseded nan positiveInfinity negativeInfinity
  firstNonFiniteStep withoutPartner nonFiniteX extremesLeftOut smoothing { method halfLife points width }`
const document = `query ($in: SeriesInput!) { series(input: $in) { run metric stepsPacked valuesPacked xPacked timesPacked endCursor
  buckets { count steps x counts first min max last mean nan positiveInfinity negativeInfinity } receipt { ${receiptFields} } } }`

export type Ask = (query: string, variables: unknown) => Promise<Answer>

async function asked(ask: Ask, input: unknown) {
  const answer = await ask(document, { in: input })
  assert.deepEqual(answer.errors, [])
  return answer.data.series.map(seriesIn) as ReturnType<typeof seriesIn>[]
}

export function seriesIn(series: Readonly<Record<string, unknown>>) {
  const columns = ['steps', 'values', 'x', 'times'].map((name) => unpack(series[`${name}Packed`] as string))
  const [steps, values, xs, times] = columns as [number[], number[], number[], number[]]
  const points = steps.map((step, i) => ({ step, value: values[i]!, x: xs[i]!, time: times[i]! }))
  return { ...series, points } as {
    run: string
    metric: string
    points: typeof points
    endCursor: string | null
  } & Record<'buckets' | 'receipt', Record<string, unknown>>
}

/** Compares an answer with what brute force makes of the points. */
export async function checkWindow(
  ask: Ask,
  input: Record<string, unknown>,
  window: Window,
  runs: readonly Run[],
  targets: readonly Formula[],
) {
  const answers = await asked(ask, input)
  assert.equal(answers.length, runs.length * targets.length)
  for (const [r, { run, logged }] of runs.entries()) {
    const every = Object.values(logged).flat()
    const origin = Math.min(...every.map(({ time }) => time))
    for (const [t, target] of targets.entries()) {
      const series = answers[r * targets.length + t]!
      assert.deepEqual([series.run, series.metric], [run, target.text])
      const { axis, repeated, xMetric, ranges } = window
      const parts = target.metrics.map((metric) => logged[metric])
      const source = { parts, compute: target.compute, axis, xPart: xMetric ? logged[xMetric] : [], origin, repeated }
      const { points, alone } = pointsOf(source)
      const onlyThis = {
        ...input,
        runs: [run],
        ...(t < (input.metrics as string[]).length
          ? { metrics: [target.text], expressions: [] }
          : { metrics: [], expressions: [target.text] }),
      }
      const values = window.smoothing ? await checkSmoothed(ask, onlyThis, window, points) : points
      const holds = (name: keyof Window['ranges'], value: number) =>
        value >= ranges[name][0] && value <= ranges[name][1]
      const ranged = values.filter(
        (p) => holds('step', p.step) && holds('time', p.time) && holds('relative', p.time - origin),
      )
      const inRange = ranged.filter((p) => Number.isFinite(p.x) && holds('x', p.x))
      const counts = {
        withoutPartner: alone.filter((step) => holds('step', step)).length,
        nonFiniteX: ranged.filter((p) => !Number.isFinite(p.x)).length,
      }
      const relative = axis === 'RELATIVE_TIME' || input.fromRelative !== undefined || input.toRelative !== undefined
      const shownOrigin = relative && every.length > 0 ? new Date(origin).toISOString() : null
      if (window.reduction === 'RAW') await checkRaw(ask, onlyThis, series, inRange)
      else checkReduced(series, lookedUp(input, window, inRange), window, { ...counts, origin: shownOrigin })
    }
  }
  return answers
}

/** The smoothed points as the server has them, after each was compared with its definition: what is drawn of them is checked bit by bit. */
async function checkSmoothed(ask: Ask, input: Record<string, unknown>, window: Window, points: readonly Point[]) {
  const { fromStep: _, fromTime: _t, toTime: _u, fromRelative: _r, toRelative: _s, fromX: _x, toX: _y, ...rest } = input
  const [whole] = await asked(ask, { ...rest, reduction: 'RAW', first: 50_000 })
  const upTo = points.filter((p) => p.step <= window.ranges.step[1])
  const wanted = smoothed(upTo, window.smoothing!)
  const shown = upTo.map((p, i) => ({ p, ...wanted[i]! })).filter(({ p }) => Number.isFinite(p.x))
  assert.deepEqual(
    whole!.points.map(({ step }) => step),
    shown.map(({ p }) => p.step),
    'steps of the smoothed points',
  )
  return shown
    .map(({ p, want, within }, i) => {
      const { value } = whole!.points[i]!
      close(value, want, within, `smoothed value at step ${p.step}`)
      return { ...p, value }
    })
    .concat(upTo.filter((p) => !Number.isFinite(p.x)))
    .sort((a, b) => a.step - b.step)
}

async function checkRaw(
  ask: Ask,
  input: Record<string, unknown>,
  series: ReturnType<typeof seriesIn>,
  points: readonly Point[],
) {
  samePoints(
    series.points,
    points.map((point) => ({ ...point, within: 0 })),
  )
  assert.equal(series.endCursor, null)
  const dropped = points.reduce((sum, p) => sum + p.dropped, 0)
  assert.equal(series.receipt.pointsTotal, points.length + dropped)
  assert.equal(series.receipt.superseded, dropped)
  assert.equal(series.receipt.exact, true)
  // In pages of about a fifth.
  const first = Math.max(1, Math.ceil(points.length / 5) + 1)
  const pages: (typeof series.points)[] = []
  let [after, superseded]: [string | null | undefined, number] = [undefined, 0]
  do {
    const [page] = await asked(ask, { ...input, first, ...(after ? { after } : {}) })
    pages.push(page!.points)
    superseded += page!.receipt.superseded as number
    after = page!.endCursor
    assert.equal(page!.receipt.exact, pages.length === 1 && after === null)
    assert.ok(page!.points.length === first || after === null, 'only the last page is not full')
  } while (after)
  samePoints(
    pages.flat(),
    points.map((point) => ({ ...point, within: 0 })),
  )
  assert.equal(superseded, dropped)
}

/** Where the store reduced the curves, times are looked up by step and value: points alike in both have the first one's. */
function lookedUp(input: Record<string, unknown>, { axis, reduction, smoothing, repeated }: Window, points: Point[]) {
  const ranged = ['fromTime', 'toTime', 'fromRelative', 'toRelative'].some((name) => input[name] !== undefined)
  const computed = (input.expressions as string[]).length > 0
  const reduced = axis === 'STEP' && !ranged && !smoothing && reduction !== 'MEAN' && !computed
  if (!reduced || repeated !== 'ALL') return points
  const first = (p: Point) => points.find((other) => other.step === p.step && Object.is(other.value, p.value))!
  return points.map((p) => ({ ...p, time: first(p).time }))
}

function checkReduced(
  series: ReturnType<typeof seriesIn>,
  points: readonly Point[],
  window: Window,
  counts: Record<string, unknown>,
) {
  const { axis, buckets, reduction, smoothing } = window
  if (reduction === 'RAW') return
  const expected = expectedCurve(points, { axis, buckets, reduction }, series.points)
  samePoints(series.points, expected.drawn)
  const { hasMean, ...figures } = expected.figures
  const { mean, count, ...shown } = series.buckets
  assert.equal(count, figures.x.length)
  assert.equal(mean !== null, hasMean)
  assert.deepEqual(shown, Object.fromEntries(Object.entries(figures).map(([name, column]) => [name, column.map(json)])))
  const dropped = points.reduce((sum, p) => sum + p.dropped, 0)
  const number = (value: number) => points.filter((p) => Object.is(p.value, value)).length
  const done = smoothing && {
    halfLife: null,
    points: null,
    width: null,
    ...smoothing,
    method: 'halfLife' in smoothing ? 'EMA' : 'MOVING_AVERAGE',
  }
  assert.deepEqual(series.receipt, {
    method: expected.exact ? 'RAW' : reduction,
    exact: expected.exact,
    axis,
    xMetric: window.xMetric ?? null,
    bucketWidth: Math.min(expected.width, Number.MAX_VALUE),
    pointsTotal: points.length + dropped,
    pointsReturned: expected.drawn.length,
    superseded: dropped,
    nan: number(NaN),
    positiveInfinity: number(Infinity),
    negativeInfinity: number(-Infinity),
    firstNonFiniteStep: points.find((p) => !Number.isFinite(p.value))?.step ?? null,
    extremesLeftOut: expected.extremesLeftOut,
    smoothing: done ?? null,
    ...counts,
  })
}

type Shown = { readonly step: number; readonly x: number; readonly value: number; readonly time: number }

export function samePoints(
  actual: readonly Shown[],
  expected: readonly (Shown & { readonly within: number })[],
  message = '',
): void {
  const place = ({ x, step, time }: Shown) => ({ x, step, time })
  assert.deepEqual(actual.map(place), expected.map(place), message || undefined)
  for (const [i, { value, within, step }] of expected.entries())
    close(actual[i]!.value, value, within, `value at step ${step} ${message}`)
}

function close(actual: number, expected: number, within: number, message: string): void {
  if (Object.is(actual, expected)) return
  const near = Math.abs(actual - expected) <= within
  assert.ok(within > 0 && near, `${message}: ${actual}, expected ${expected} within ${within}`)
}

/** As JSON shows it: -0 is 0. */
const json = (value: number | null) => (value === null ? null : Number.isFinite(value) ? value + 0 : String(value))
