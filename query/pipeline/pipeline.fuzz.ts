import { strict as assert } from 'node:assert'
import { createRandom, pick, type Random, whole } from '../../test/random.ts'
import { createAsker, insertRuns, openTestStore, type TestStore } from '../fixture.ts'
import { type DrawingInput, drawingOf } from '../resolvers/drawing.ts'
import { drawnAnswer } from '../resolvers/drawn-series.ts'
import { checkWindow, samePoints, type seriesIn } from './answers.fuzz.ts'
import { createBudget } from './budget.ts'
import { meanRounding } from './exact.oracle.ts'
import { type Formula, formula, type History, history, type Metric, metrics } from './histories.fuzz.ts'
import { loadPipeline } from './load.ts'
import { insertLogged } from './pipeline.fixture.ts'
import { needsPoints } from './question.ts'
import { type Run, windowOf } from './windows.fuzz.ts'

const namesOfRuns = ['a', 'b'] as const
const runsPerRound = namesOfRuns.length

/** Asks for random windows of random histories in random ways, several series at a time, and compares every answer with brute force. */
export async function fuzzPipeline(store: TestStore, seed: number, rounds: number, windows: number) {
  const random = createRandom(seed)
  const outcome = { histories: 0, windows: 0, series: 0, points: 0, inPages: 0 }
  const { ask } = createAsker(store.reader)
  const project = `pipeline ${seed}`
  for (let round = 0; round < rounds; round++) {
    const runs = namesOfRuns.map((name): Run => ({ run: `${round}${name}`, logged: history(random) }))
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
        const paged = await checkPages(store, { ...input, expressions }, answers, sizes)
        outcome.windows++
        outcome.series += answers.length
        outcome.points += answers.reduce((sum, { points }) => sum + points.length, 0)
        if (paged) outcome.inPages++
      } catch (error) {
        throw new Error(`${context}\n${(error as Error).message}`, { cause: error })
      }
    }
    outcome.histories += runs.length
  }
  return outcome
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

/** Of means: sums of buckets that were merged are added in another order. Both of those compared are rounded. */
function roundingOf({ buckets }: ReturnType<typeof seriesIn>) {
  const { x, counts, min, max } = buckets as Record<'x' | 'counts' | 'min' | 'max', (number | null)[]>
  return (point: { readonly x: number; readonly value: number }) => {
    const row = x.indexOf(point.x)
    const largest = Math.max(Math.abs(min[row] ?? 0), Math.abs(max[row] ?? 0))
    return row < 0 ? 0 : 2 * meanRounding(point.value, counts[row]!, largest)
  }
}

/** Read in tiny pages, or some together and some in pages, the same comes out. False where the store reduces the curves. */
async function checkPages(
  { reader }: TestStore,
  input: DrawingInput & { readonly project: string; readonly runs: readonly string[] },
  answers: readonly ReturnType<typeof seriesIn>[],
  sizes: { pagePoints: number; pointsTried: number },
): Promise<boolean> {
  const { project, runs } = input
  const question = { project, runs, ...drawingOf(input, { project, run: undefined }), times: true }
  if (!needsPoints(question)) return false
  const drawn = await loadPipeline({ reader, readOptions: {}, budget: createBudget() }, question, sizes)
  const series = runs.flatMap((run) => question.targets.map((target) => drawn.get(run)!.get(target)!))
  for (const [i, one] of series.entries()) {
    const { steps, values, x, times, receipt } = drawnAnswer(one, question.drawing)
    const within = question.drawing.reduction === 'MEAN' ? roundingOf(answers[i]!) : () => 0
    const shown = Array.from(steps, (step, k) => ({ step, value: values[k]!, x: x[k]!, time: times![k]! }))
    const message = `in pages of ${sizes.pagePoints} points`
    samePoints(
      shown,
      answers[i]!.points.map((point) => ({ ...point, within: within(point) })),
      message,
    )
    const { origin, smoothing: _, ...rest } = receipt()
    const { origin: shownOrigin, smoothing: _s, ...expected } = answers[i]!.receipt
    assert.deepEqual(rest, expected, message)
    assert.equal(origin && new Date(origin).toISOString(), shownOrigin, message)
  }
  return true
}

if (process.argv[1] === import.meta.filename) {
  const [histories = 1000, windows = 20, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
  const store = await openTestStore()
  const began = performance.now()
  try {
    const outcome = await fuzzPipeline(store, seed, histories / runsPerRound, windows)
    console.log(JSON.stringify({ seed, ...outcome, seconds: Math.round((performance.now() - began) / 1000) }))
  } finally {
    await store.close()
  }
}
