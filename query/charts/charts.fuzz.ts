import { strict as assert } from 'node:assert'
import { createRandom, pick, type Random } from '../../test/random.ts'
import { createAsker, insertPoints, insertRuns, type LoggedPoint, openTestStore, type TestStore } from '../fixture.ts'
import { below, checkSeries, clamp, document, history } from '../series.fuzz.ts'
import { expectedSeries } from '../series.oracle.ts'
import { sizes } from '../tiles/sizes.ts'

/*
 * Charts of several runs and metrics against brute force: series in one part of the store, in parts one behind the other and in parts that lie over
 * each other, steps of 32 bits and beyond, stretches logged again; few enough to be put into buckets here, or too many.
 *
 *     node dist/query/charts/charts.fuzz.js [rounds] [windows of each] [seed]
 */
export type Outcome = {
  windows: number
  /** Statements for rows as they lie, and series of them that had to be sorted by a further one. */
  charts: number
  sorted: number
}

/** Rows in parts: all in one, cut in order, or dealt. */
function partsOf(random: Random, points: readonly LoggedPoint[]): LoggedPoint[][] {
  const parts: LoggedPoint[][] = [[], [], []]
  const way = pick(random, ['one', 'in order', 'dealt'] as const)
  for (const [i, point] of points.entries()) {
    const part = way === 'one' ? 0 : way === 'dealt' ? below(random, 3) : Math.floor((3 * i) / points.length)
    parts[part]!.push(point)
  }
  return parts.filter((part) => part.length > 0)
}

export async function fuzzCharts(store: TestStore, seed: number, rounds: number, windows: number): Promise<Outcome> {
  const random = createRandom(seed)
  const outcome: Outcome = { windows: 0, charts: 0, sorted: 0 }
  const { ask } = createAsker({
    ...store.reader,
    columns(sql, parameters, options) {
      if (options?.asBlocks) outcome.charts++
      else if (sql.includes('ORDER BY run, metric, step, ord') && parameters?.p4 === sizes.chartPoints + 1)
        outcome.sorted++
      return store.reader.columns(sql, parameters, options)
    },
  })
  const [project, metrics] = [`charts ${seed}`, ['m', 'n']]
  for (let round = 0; round < rounds; round++) {
    const runs = ['a', 'b', 'c'].map((name) => `${round}${name}`)
    await insertRuns(
      store,
      project,
      runs.map((run) => ({ run })),
    )
    const logged = new Map<string, LoggedPoint[]>()
    for (const run of runs) {
      for (const metric of metrics) {
        const points = history(random)
        logged.set(run + metric, points)
        for (const part of partsOf(random, points)) await insertPoints(store, project, run, metric, part)
      }
    }
    const steps = [...logged.values()].flat().map(({ step }) => step)
    for (let window = 0; window < windows; window++) {
      Object.assign(sizes, {
        pointsTried: 20,
        chartPoints: pick(random, [1e6, 1e6, 1500]),
        statementPoints: pick(random, [1, 200_000]),
      })
      const bound = () => (random() < 0.6 || steps.length === 0 ? undefined : clamp(pick(random, steps)))
      const [a, b] = [bound(), bound()]
      const [fromStep, toStep] = a !== undefined && b !== undefined && a > b ? [b, a] : [a, b]
      const buckets = pick(random, [2, 10, 64, 500, 2000])
      const repeated = pick(random, ['LAST', 'FIRST', 'ALL'] as const)
      const input = { project, runs, metrics, fromStep, toStep, buckets, repeated }
      const context = `seed ${seed}, round ${round}: ${JSON.stringify({ ...input, sizes })}`
      const answer = await ask(document, { in: input })
      assert.deepEqual(answer.errors, [], context)
      outcome.windows++
      for (const series of answer.data.series) {
        const points = logged.get(series.run + series.metric)!
        const width = series.receipt.bucketWidth as number
        checkSeries(series, expectedSeries(points, { fromStep, toStep, buckets, repeated, width }), context)
      }
    }
  }
  return outcome
}

if (process.argv[1] === import.meta.filename) {
  const [rounds = 100, windows = 10, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
  const store = await openTestStore()
  try {
    console.log(JSON.stringify({ seed, rounds, ...(await fuzzCharts(store, seed, rounds, windows)) }))
  } finally {
    await store.close()
  }
}
