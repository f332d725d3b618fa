import { strict as assert } from 'node:assert'
import { createRandom, pick, type Random, whole } from '../../test/random.ts'
import { type Answer, createAsker, insertRuns, type TestStore } from '../fixture.ts'
import { type DrawingInput, drawingOf } from '../resolvers/drawing.ts'
import { drawnAnswer } from '../resolvers/drawn-series.ts'
import { createBudget } from './budget.ts'
import { expectedCurve } from './curves.oracle.ts'
import { type Formula, formula, type History, history, type Metric, metrics } from './histories.fuzz.ts'
import { loadPipeline } from './load.ts'
import { insertLogged, unpack } from './pipeline.fixture.ts'
import { type Point, pointsOf, type SmoothingAsked, smoothed } from './points.oracle.ts'
import { needsPoints } from './question.ts'

const receiptFields = `method exact axis xMetric origin bucketWidth pointsTotal pointsReturned superseded nan positiveInfinity negativeInfinity
  firstNonFiniteStep withoutPartner nonFiniteX extremesLeftOut smoothing { method halfLife points width }`
const document = `query ($in: SeriesInput!) { series(input: $in) { run metric stepsPacked valuesPacked xPacked timesPacked endCursor
  buckets { count steps x counts first min max last mean nan positiveInfinity negativeInfinity } receipt { ${receiptFields} } } }`

type Run = { readonly run: string; readonly logged: History }
/** A window on the curves as the fuzz asks for it: what goes into the question, and what a brute force needs to know of it. */
type Window = {
  readonly input: Record<string, unknown>
  readonly axis: 'STEP' | 'RELATIVE_TIME' | 'WALL_TIME' | 'METRIC'
  readonly xMetric: Metric | undefined
  readonly repeated: 'LAST' | 'FIRST' | 'ALL'
  readonly smoothing: SmoothingAsked | undefined
  readonly reduction: 'M4' | 'LTTB' | 'MEAN' | 'LAST' | 'RAW'
  readonly buckets: number
  readonly ranges: Readonly<Record<'step' | 'time' | 'relative' | 'x', readonly [number, number]>>
}

/** Asks for random windows of random histories in random ways, several series at a time, and compares every answer with brute force. */
export async function fuzzPipeline(store: TestStore, seed: number, histories: number, windows: number): Promise<void> {
  const random = createRandom(seed)
  const { ask } = createAsker(store.reader)
  const project = `pipeline ${seed}`
  for (let round = 0; round < histories; round++) {
    const runs = ['a', 'b'].map((name): Run => ({ run: `${round}${name}`, logged: history(random) }))
    await insertRuns(store, project, runs)
    for (const { run, logged } of runs) await insertInParts(store, random, project, run, logged)
    for (let i = 0; i < windows; i++) {
      const formulas = Array.from({ length: whole(random, 0, 2) }, () => formula(random))
      const plain = metrics.filter(() => random() < 0.4)
      const window = windowOf(random, runs)
      const input = { project, runs: runs.map(({ run }) => run), metrics: plain, ...window.input }
      const expressions = formulas.map(({ text }) => text)
      const context = `seed ${seed}, round ${round}, window ${i}: ${JSON.stringify({ ...input, expressions })}`
      const targets = [...plain.map(ofMetric), ...formulas]
      try {
        const answers = await checkWindow(ask, { ...input, expressions }, window, runs, targets)
        // A dozen pages or so: each is a question to the store.
        const longest = Math.max(...runs.flatMap(({ logged }) => Object.values(logged).map(({ length }) => length)))
        const sizes = {
          pagePoints: whole(random, 1, 40) + Math.ceil(longest / 15),
          pointsTried: pick(random, [0, 0, 200]),
        }
        await checkPages(store, { ...input, expressions }, answers, sizes)
      } catch (error) {
        throw new Error(`${context}\n${(error as Error).message}`, { cause: error })
      }
    }
  }
}

const ofMetric = (metric: Metric): Formula => ({ text: metric, metrics: [metric], compute: ([value]) => value! })

async function insertInParts(store: TestStore, random: Random, project: string, run: string, logged: History) {
  const parts = whole(random, 1, 3)
  const all = metrics.flatMap((metric) =>
    logged[metric].map((point) => ({ metric, point, part: whole(random, 1, parts) })),
  )
  for (let part = 1; part <= parts; part++) {
    await insertLogged(
      store,
      project,
      run,
      all.filter((one) => one.part === part),
    )
  }
}

function windowOf(random: Random, runs: readonly Run[]): Window {
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

type Ask = (query: string, variables: unknown) => Promise<Answer>

async function asked(ask: Ask, input: unknown) {
  const answer = await ask(document, { in: input })
  assert.deepEqual(answer.errors, [])
  return answer.data.series.map(seriesIn) as ReturnType<typeof seriesIn>[]
}

function seriesIn(series: Readonly<Record<string, unknown>>) {
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

async function checkWindow(
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

/** Read in tiny pages, or some together and some in pages, the same comes out. */
async function checkPages(
  { reader }: TestStore,
  input: DrawingInput & { readonly project: string; readonly runs: readonly string[] },
  answers: readonly ReturnType<typeof seriesIn>[],
  sizes: { pagePoints: number; pointsTried: number },
): Promise<void> {
  const { project, runs } = input
  const question = { project, runs, ...drawingOf(input, { project, run: undefined }), times: true }
  if (!needsPoints(question)) return
  const drawn = await loadPipeline({ reader, readOptions: {}, budget: createBudget() }, question, sizes)
  const series = runs.flatMap((run) => question.targets.map((target) => drawn.get(run)!.get(target)!))
  for (const [i, one] of series.entries()) {
    const { steps, values, x, times, receipt } = drawnAnswer(one, question.drawing)
    // Sums of buckets that were merged are added in another order.
    const within = (value: number) => (question.drawing.reduction === 'MEAN' ? 1e-15 * Math.abs(value) + 5e-324 : 0)
    const shown = Array.from(steps, (step, k) => ({ step, value: values[k]!, x: x[k]!, time: times![k]! }))
    const message = `in pages of ${sizes.pagePoints} points`
    samePoints(
      shown,
      answers[i]!.points.map((point) => ({ ...point, within: within(point.value) })),
      message,
    )
    const { origin, smoothing: _, ...rest } = receipt()
    const { origin: shownOrigin, smoothing: _s, ...expected } = answers[i]!.receipt
    assert.deepEqual(rest, expected, message)
    assert.equal(origin && new Date(origin).toISOString(), shownOrigin, message)
  }
}

type Shown = { readonly step: number; readonly x: number; readonly value: number; readonly time: number }

function samePoints(
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
