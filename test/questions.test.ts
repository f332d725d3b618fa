/** Every question of `docs/questions.md`, asked of a real server by the client that is generated from them; each answer is held against what was logged. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as questions from '../client/typescript/index.ts'
import { type Client, createClient, floatsOf, type Operation, unpack } from '../client/typescript/index.ts'
import { readExamples } from '../query/examples.ts'
import { type Server, startServer, withDataDir } from './harness.ts'
import { demo, demoRun, type LoggedPoint, lastLogged, longSteps, project, writeDemo } from './questions.fixture.ts'
import { boardChecks } from './questions-boards.fixture.ts'
import { curveChecks } from './questions-curves.fixture.ts'
import { groupChecks } from './questions-groups.fixture.ts'
import { liveChecks } from './questions-live.fixture.ts'
import { postJson } from './wire.ts'

let server: Server
let client: Client
let at: string
let end: () => void
before(async () => {
  await new Promise<void>((resolve, reject) => {
    withDataDir(async (dataDir) => {
      server = await startServer(dataDir)
      try {
        client = createClient({ url: `${server.url}/graphql`, send: 'hash', get: true })
        at = await writeDemo(server)
        // From here on every summary is there too, for questions that take no token.
        await client.ask(questions.JustWritten, { project, run: 'running', metric: 'train/loss' }, { at })
        await new Promise<void>((close) => {
          end = close
          resolve()
        })
      } finally {
        await server.kill()
      }
    }).catch(reject)
  })
})
after(() => end())

const examples = new Map(readExamples().map((example) => [example.name, example]))

/** The question with the variables that stand beside it, some of them changed. */
function ask<Data, Variables>(operation: Operation<Data, Variables>, changed: Partial<Variables> = {}): Promise<Data> {
  const variables = { ...examples.get(operation.name)!.variables, ...changed } as Variables
  return client.ask(operation, variables, { at })
}

const stepsOf = (points: readonly LoggedPoint[]) => points.map(([step]) => step)
const valuesOf = (points: readonly LoggedPoint[]) => points.map(([, value]) => value)
const names = (nodes: readonly { run: string }[]) => nodes.map(({ run }) => run)
const lowest = (run: string, metric: string) => Math.min(...valuesOf(lastLogged(run, metric)))
const highest = (run: string, metric: string) => Math.max(...valuesOf(lastLogged(run, metric)))
const having = (metric: string) => demo.filter((one) => one.metrics[metric] !== undefined).map(({ run }) => run)
const byRun = (runs: readonly string[]) => [...runs].sort()

const checks: Readonly<Record<string, () => Promise<void>>> = {
  async Curve() {
    const { series } = await ask(questions.Curve)
    const logged = lastLogged('adam-1', 'train/loss')
    assert.deepEqual(series, [{ steps: stepsOf(logged), values: valuesOf(logged) }])
  },

  async Compare() {
    const { series } = await ask(questions.Compare)
    const pairs = series.map(({ run, metric }) => `${run} ${metric}`)
    assert.deepEqual(pairs, ['adam-1 train/loss', 'adam-1 val/loss', 'sgd-1 train/loss', 'sgd-1 val/loss'])
    for (const { run, metric, steps, values, receipt } of series) {
      const logged = new Map(lastLogged(run, metric))
      // Every point is one that was logged; a short series is there whole.
      steps.forEach((step, i) => {
        assert.equal(values[i], logged.get(step))
      })
      assert.equal(receipt.exact, logged.size <= 50)
      assert.equal(Math.log2(receipt.bucketWidth) % 1, 0)
    }
    assert.equal(series[0]!.receipt.bucketWidth, series[2]!.receipt.bucketWidth)
  },

  async Zoom() {
    const { series } = await ask(questions.Zoom)
    const inside = lastLogged('long', 'train/loss').filter(([step]) => step >= 12_000 && step <= 12_400)
    assert.deepEqual(series, [
      { steps: stepsOf(inside), values: valuesOf(inside), receipt: { exact: true, pointsTotal: 401 } },
    ])
  },

  async Receipt() {
    const [{ receipt }] = (await ask(questions.Receipt)).series as [
      { receipt: questions.ReceiptQuery['series'][number]['receipt'] },
    ]
    assert.deepEqual(
      { ...receipt, pointsReturned: undefined, bucketWidth: undefined },
      {
        ...{ method: 'M4', exact: false, pointsTotal: longSteps, superseded: 0 },
        ...{ nan: 0, positiveInfinity: 0, negativeInfinity: 0, firstNonFiniteStep: null },
        ...{ pointsReturned: undefined, bucketWidth: undefined },
      },
    )
    assert.ok(receipt.bucketWidth * 100 >= longSteps && receipt.pointsReturned <= 4 * 100)
  },

  async Band() {
    const [{ buckets }] = (await ask(questions.Band)).series as [questions.BandQuery['series'][number]]
    const [starts, counts] = [unpack(buckets.stepsPacked), unpack(buckets.countsPacked)]
    const [low, high] = [unpack(buckets.minPacked), unpack(buckets.maxPacked)]
    assert.equal(starts.length, buckets.count)
    const values = valuesOf(lastLogged('long', 'train/loss'))
    starts.forEach((start, i) => {
      const own = values.slice(start, starts[i + 1] ?? longSteps)
      assert.deepEqual([counts[i], low[i], high[i]], [own.length, Math.min(...own), Math.max(...own)])
    })
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      longSteps,
    )
    assert.ok(high.includes(50), 'one-point spikes are there')
  },

  async Points() {
    const [{ stepsPacked, valuesPacked, receipt }] = (await ask(questions.Points)).series as [
      questions.PointsQuery['series'][number],
    ]
    const logged = demoRun('diverged').metrics['train/loss']!
    assert.deepEqual([...unpack(stepsPacked)], stepsOf(logged))
    assert.deepEqual([...unpack(valuesPacked)], valuesOf(logged))
    assert.deepEqual(receipt, { exact: true, pointsTotal: logged.length })
  },

  async Resumed() {
    const { last, first, all } = await ask(questions.Resumed)
    const logged = demoRun('resumed').metrics['train/loss']!
    const chosen = new Map(logged)
    assert.deepEqual(last[0]!.values, valuesOf(lastLogged('resumed', 'train/loss')))
    assert.deepEqual(
      first[0]!.values,
      [...chosen.keys()].map((step) => logged.find((point) => point[0] === step)![1]),
    )
    assert.deepEqual(
      all[0]!.steps,
      stepsOf(logged).sort((a, b) => a - b),
    )
    const again = logged.length - chosen.size
    assert.deepEqual(
      [last, first, all].map((series) => series[0]!.receipt),
      [again, again, 0].map((superseded) => ({ pointsTotal: logged.length, superseded })),
    )
  },

  async Projects() {
    const { projects } = await ask(questions.Projects)
    assert.deepEqual(
      projects.nodes.map(({ name, runCount }) => [name, runCount]),
      [[project, demo.length + 1]],
    )
    assert.equal(projects.pageInfo.hasNextPage, false)
    assert.ok(Math.abs(Date.parse(projects.nodes[0]!.lastActivity) - Date.now()) < 600_000)
  },

  async NewestRuns() {
    const seen: { run: string; created: string }[] = []
    for (let after: string | null = null; ; ) {
      const { runs }: questions.NewestRunsQuery = await ask(questions.NewestRuns, { after })
      assert.ok(runs.nodes.length <= 5)
      seen.push(...runs.nodes)
      if (!runs.pageInfo.hasNextPage) break
      after = runs.pageInfo.endCursor
    }
    assert.deepEqual(byRun(names(seen)), byRun([...demo.map(({ run }) => run), 'crowded']))
    const times = seen.map(({ created }) => created)
    assert.deepEqual(times, [...times].sort().reverse())
  },

  async Leaderboard() {
    const { runs } = await ask(questions.Leaderboard)
    const best = having('val/accuracy').sort((a, b) => highest(b, 'val/accuracy') - highest(a, 'val/accuracy'))
    assert.equal(runs.totalCount, demo.length + 1)
    assert.deepEqual(names(runs.nodes), best.slice(0, 3))
    for (const { run, params, state, metrics } of runs.nodes) {
      const logged = lastLogged(run, 'val/accuracy')
      const max = highest(run, 'val/accuracy')
      const maxStep = logged.find(([, value]) => value === max)![0]
      assert.deepEqual(metrics, [{ max, maxStep, last: logged.at(-1)![1] }])
      assert.deepEqual([params, state], [demoRun(run).params, demoRun(run).state.toUpperCase()])
    }
  },

  async RunsByParams() {
    const { runs } = await ask(questions.RunsByParams)
    const passing = demo.filter(
      ({ state, params }) => state === 'finished' && Number(params.lr) <= 0.01 && params.optimizer === 'adam',
    )
    assert.deepEqual(
      runs.nodes,
      passing.map(({ run, params }) => ({ run, params })),
    )
    assert.equal(runs.totalCount, 2)
  },

  async Trouble() {
    const { runs } = await ask(questions.Trouble)
    assert.deepEqual(names(runs.nodes), byRun(['broken', 'sgd-3', 'diverged']))
    const diverged = runs.nodes.find(({ run }) => run === 'diverged')!
    assert.deepEqual(diverged.metrics, [{ nan: 15, positiveInfinity: 5, negativeInfinity: 0, firstNonFiniteStep: 40 }])
  },

  async Reached() {
    const { runs } = await ask(questions.Reached)
    const reaching = having('val/loss').filter((run) => lowest(run, 'val/loss') < 0.2)
    assert.ok(reaching.length > 1)
    assert.deepEqual(
      names(runs.nodes),
      reaching.sort((a, b) => lowest(a, 'val/loss') - lowest(b, 'val/loss')),
    )
    for (const { run, metrics } of runs.nodes) {
      const min = lowest(run, 'val/loss')
      const minStep = lastLogged(run, 'val/loss').find(([, value]) => value === min)![0]
      assert.deepEqual(metrics, [{ min, minStep, lastStep: 190 }])
    }
  },

  async TeamRuns() {
    const { runs } = await ask(questions.TeamRuns)
    const team = demo.filter(({ tags }) => tags.team === 'vision')
    assert.deepEqual(
      runs.nodes,
      team.map(({ run, tags }) => ({ run, tags })).sort((a, b) => (a.run < b.run ? -1 : 1)),
    )
    assert.deepEqual((await ask(questions.TeamRuns, { from: '2090-01-01' })).runs.nodes, [])
  },

  async HowMany() {
    const { runs } = await ask(questions.HowMany)
    assert.equal(runs.totalCount, demo.filter(({ params }) => params.optimizer !== 'adam').length + 1)
  },

  async BestCurves() {
    const { runs } = await ask(questions.BestCurves)
    const best = having('val/loss').sort((a, b) => lowest(a, 'val/loss') - lowest(b, 'val/loss'))
    assert.deepEqual(names(runs.nodes), best.slice(0, 4))
    for (const { run, series } of runs.nodes) {
      const logged = lastLogged(run, 'val/loss')
      assert.deepEqual(series, [{ steps: stepsOf(logged), values: valuesOf(logged) }])
    }
  },

  ...boardChecks(ask),

  ...curveChecks(ask),
  ...groupChecks(ask),

  ...liveChecks(
    () => server,
    (name) => examples.get(name)!,
  ),

  async OneRun() {
    const { run } = await ask(questions.OneRun)
    const { name, params, tags, metrics } = demoRun('adam-1')
    const points = Object.values(metrics).reduce((sum, logged) => sum + logged.length, 0)
    const { id, created, updated, ...shown } = run!
    assert.deepEqual(shown, { name, state: 'FINISHED', params, tags, points, metricCount: 3 })
    assert.ok(created <= updated)
    assert.deepEqual((await ask(questions.ByIds, { ids: [id] })).nodes.length, 1)
  },

  async Metrics() {
    const { run } = await ask(questions.Metrics)
    assert.deepEqual(
      run!.metrics,
      ['val/accuracy', 'val/loss'].map((name) => {
        const logged = lastLogged('sgd-1', name)
        const stepOf = (value: number) => logged.find((point) => point[1] === value)![0]
        const [min, max] = [lowest('sgd-1', name), highest('sgd-1', name)]
        const range = { firstStep: 0, lastStep: 190, last: logged.at(-1)![1] }
        return { name, count: logged.length, ...range, min, minStep: stepOf(min), max, maxStep: stepOf(max) }
      }),
    )
    assert.deepEqual(
      (await ask(questions.Metrics, { after: 'val/accuracy' })).run!.metrics.map(({ name }) => name),
      ['val/loss'],
    )
  },

  async Divergence() {
    const { run } = await ask(questions.Divergence)
    assert.deepEqual(run!.metrics, [
      { nan: 15, positiveInfinity: 5, firstNonFiniteStep: 40, max: 2 ** 39, maxStep: 39 },
    ])
    assert.deepEqual([...floatsOf(run!.series[0]!.values)], valuesOf(lastLogged('diverged', 'train/loss')))
    assert.equal(run!.series[0]!.values[40], 'Infinity')
  },

  async JustWritten() {
    const written = await postJson(server, {
      project,
      run: 'running',
      log: [{ step: 10, metrics: { 'train/loss': 0.125 } }],
    })
    const variables = examples.get('JustWritten')!.variables as questions.JustWrittenQueryVariables
    const { run } = await client.ask(questions.JustWritten, variables, { at: written.at })
    assert.deepEqual(run, { points: 11, metrics: [{ last: 0.125, lastStep: 10 }] })
  },

  async ByIds() {
    const { nodes } = await ask(questions.ByIds)
    const [theProject, theRun] = nodes.map((node) => ({ ...node, id: undefined }))
    assert.deepEqual(theProject, { id: undefined, __typename: 'Project', name: project, runCount: demo.length + 1 })
    assert.deepEqual(theRun, { id: undefined, __typename: 'Run', project, run: 'adam-1', state: 'FINISHED' })
    assert.deepEqual((await ask(questions.OneRun)).run!.id, nodes[1]!.id)
  },

  async Server() {
    const { server: answer } = await ask(questions.Server)
    assert.equal((answer.limits as { seriesPerAnswer: number }).seriesPerAnswer, 500)
    assert.ok(answer.watermark.length > 0)
    assert.ok(Math.abs(Date.parse(answer.watermarkTime) - Date.now()) < 600_000)
  },

  async Refused() {
    const { deadLetterCounts } = await ask(questions.Refused)
    assert.deepEqual(
      deadLetterCounts.map((row) => ({ ...row, newest: undefined })),
      [{ reason: 'TOO_MANY_ENTRIES', letters: 1, open: 1, newest: undefined }],
    )
  },

  async Letters() {
    const { deadLetters } = await ask(questions.Letters)
    assert.equal(deadLetters.nodes.length, 1)
    const { run, reason, detail, replay } = deadLetters.nodes[0]!
    assert.deepEqual([run, reason, replay], ['crowded', 'TOO_MANY_ENTRIES', 'OPEN'])
    assert.match(detail, /5000|6000/)
  },
}

test('there are twenty questions and more, each with a check', () => {
  assert.ok(examples.size >= 20)
  assert.deepEqual(Object.keys(checks).sort(), [...examples.keys()].sort())
})

for (const { name, title } of examples.values()) {
  test(`"${title}"`, async () => {
    assert.ok(checks[name], `${name} has no check`)
    await checks[name]!()
  })
}
