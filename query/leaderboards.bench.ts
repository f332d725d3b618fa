/**
 * Leaderboards of one project: filter, sort and first page of 50, from memory and in plain SQL, each checked against brute force before it is
 * timed. The data stays in the folder, so that it can be built at one time and measured at another.
 *
 *     node dist/query/leaderboards.bench.js <runs> <folder> [build]
 */
import { strict as assert } from 'node:assert'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { buildRuns, metrics, type RunRow, runRow, type Summary, summaryOf } from '../bench/query/runs-data.ts'
import { createAsker, insertRuns, insertSummaries, openTestStore } from './fixture.ts'

type Question = {
  readonly name: string
  readonly filter?: object
  readonly sort: object
  readonly passes?: (run: RunRow, figures: (metric: number) => Summary) => boolean
  readonly key: (run: RunRow, figures: (metric: number) => Summary) => number | string | undefined
  readonly descending?: true
}

const D = { direction: 'DESCENDING' }
const lossBelow = (name: string, less: number) => ({ metric: { name, field: 'MIN', number: { less } } })
const questions: readonly Question[] = [
  { name: 'newest', sort: { by: { field: 'CREATED' }, ...D }, key: (run) => run.createdMs, descending: true },
  { name: 'last of a metric', sort: { by: { metric: { name: metrics[1] } } }, key: (_, of) => of(1).last },
  {
    name: 'difference of two metrics',
    sort: { by: { expression: { text: `\`${metrics[1]}\` - \`${metrics[2]}\`` } } },
    key: (_, of) => of(1).last - of(2).last,
  },
  {
    name: 'ratio of logarithms of two metrics; the same',
    filter: { expression: { text: `log(\`${metrics[1]}\`) / log(\`${metrics[2]}\`)`, number: { greater: 1 } } },
    sort: { by: { expression: { text: `log(\`${metrics[1]}\`) / log(\`${metrics[2]}\`)` } } },
    passes: (_, of) => Math.log(of(1).last) / Math.log(of(2).last) > 1,
    key: (_, of) => Math.log(of(1).last) / Math.log(of(2).last),
  },
  {
    name: 'maximum of a metric; state',
    filter: { state: ['FINISHED'] },
    sort: { by: { metric: { name: metrics[2], field: 'MAX' } }, ...D },
    passes: (run) => run.state === 'finished',
    key: (_, of) => of(2).max,
    descending: true,
  },
  {
    name: 'last of a metric; number and text of params',
    filter: {
      param: { name: 'lr', number: { less: 0.05 } },
      and: [{ param: { name: 'optimizer', text: { is: 'adam' } } }],
    },
    sort: { by: { metric: { name: metrics[2] } }, ...D },
    passes: ({ params }) => Number(params.get('lr')) < 0.05 && params.get('optimizer') === 'adam',
    key: (_, of) => of(2).last,
    descending: true,
  },
  {
    name: 'name; part of it',
    filter: { name: { contains: '#12' } },
    sort: { by: { field: 'NAME' } },
    passes: (run) => run.name.includes('#12'),
    key: (run) => run.name,
  },
  { name: 'name', sort: { by: { field: 'NAME' } }, key: (run) => run.name },
  { name: 'run id', sort: { by: { field: 'RUN' }, ...D }, key: (run) => run.run, descending: true },
  {
    name: 'text of a param, nearly all different',
    sort: { by: { paramText: 'commit' } },
    key: (run) => run.params.get('commit') as string,
  },
  {
    name: 'tag, that half of the runs have',
    sort: { by: { tag: 'priority' } },
    key: (run) => run.tags.get('priority'),
  },
  {
    name: 'number of a param, six values',
    sort: { by: { param: 'batch_size' } },
    key: (run) => run.params.get('batch_size') as number,
  },
  {
    name: 'changed; two metrics or no param',
    filter: {
      or: [
        { and: [lossBelow(metrics[0]!, 0.01), lossBelow(metrics[1]!, 0.5)] },
        { not: { param: { name: 'resumed', exists: true } } },
      ],
    },
    sort: { by: { field: 'UPDATED' } },
    passes: (run, of) => (of(0).min < 0.01 && of(1).min < 0.5) || !run.params.has('resumed'),
    key: (run) => run.updatedMs,
  },
]

const document = `query ($filter: RunFilter, $sort: RunSort) { runs(project: "board", filter: $filter, sort: $sort, first: 50) {
  totalCount nodes { run name state created params tags } pageInfo { hasNextPage endCursor } } }`

/** Ids of the first page and how many pass, of all runs there are. */
function bruteForce(runs: number, question: Question): { page: string[]; count: number } {
  const sign = question.descending ? -1 : 1
  type Placed = { run: string; key: number | string | undefined; rank: number }
  const compare = (a: Placed, b: Placed) =>
    a.rank - b.rank ||
    (a.key !== b.key && a.rank === 0 ? sign * (a.key! < b.key! ? -1 : 1) : sign * (a.run < b.run ? -1 : 1))
  let first: Placed[] = []
  let count = 0
  for (let i = 0; i < runs; i++) {
    const run = runRow(i)
    const figures = (metric: number) => summaryOf(i, metric)
    if (question.passes && !question.passes(run, figures)) continue
    count++
    const key = question.key(run, figures)
    first.push({ run: run.run, key, rank: key === undefined ? 2 : Number.isNaN(key) ? 1 : 0 })
    if (first.length === 2000) first = first.sort(compare).slice(0, 50)
  }
  return {
    page: first
      .sort(compare)
      .slice(0, 50)
      .map(({ run }) => run),
    count,
  }
}

const median = (times: readonly number[], at = 0.5) =>
  [...times].sort((a, b) => a - b)[Math.floor(at * (times.length - 1) + 0.5)]!

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const begin = performance.now()
  const result = await work()
  return [result, performance.now() - begin]
}

const [runs = 50_000, folder] = [Number(process.argv[2] ?? 50_000), process.argv[3]]
const store = await openTestStore(folder)
if (process.argv[4] === 'build' || folder === undefined) await buildRuns(store, { project: 'board', runs })
if (process.argv[4] !== 'build') {
  const memory = createAsker(store.reader, { settings: { leaderboardBytes: 2 ** 30 } })
  const sql = createAsker(store.reader, { settings: { leaderboardBytes: 0 } })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const all: number[] = []
  console.log(
    '| sort; filter | first time ms | p50 | p99 | longest stretch | plain SQL |\n| --- | --- | --- | --- | --- | --- |',
  )
  for (const question of questions) {
    const variables = { filter: question.filter, sort: question.sort }
    const expected = bruteForce(runs, question)
    const [answer, cold] = await timed(() => memory.ask(document, variables))
    const check = ({ data, errors }: typeof answer) => {
      assert.deepEqual(errors, [])
      const found = data.runs.nodes.map(({ run }: { run: string }) => run)
      assert.deepEqual([found, data.runs.totalCount], [expected.page, expected.count], question.name)
    }
    check(answer)
    const times: number[] = []
    delay.reset()
    delay.enable()
    for (let i = 0; i < 30; i++) times.push((await timed(() => memory.ask(document, variables)))[1])
    delay.disable()
    all.push(...times)
    const plain: number[] = []
    for (let i = 0; i < 3; i++) {
      const [other, ms] = await timed(() => sql.ask(document, variables))
      check(other)
      plain.push(ms)
    }
    const cells = [cold, median(times), median(times, 0.99), delay.max / 1e6 - 1, median(plain)].map((ms) =>
      ms.toFixed(0),
    )
    console.log(`| ${[question.name, ...cells].join(' | ')} |`)
  }
  console.log(`all: p50 ${median(all).toFixed(1)} p99 ${median(all, 0.99).toFixed(1)} ms`)
  const fresh: number[] = []
  for (let round = 0; round < 10; round++) {
    const changed = Array.from({ length: 200 }, (_, i) => `new-${i}`)
    await insertRuns(
      store,
      'board',
      changed.map((run) => ({ run, version: round + 2 })),
    )
    await insertSummaries(
      store,
      'board',
      changed.map((run) => ({ run, metric: metrics[1]!, last: -round, version: round + 2 })),
    )
    const [answer, ms] = await timed(() => memory.ask(document, { sort: questions[1]!.sort }))
    assert.equal(answer.data.runs.totalCount, runs + 200)
    fresh.push(ms)
  }
  await store.command("ALTER TABLE runs DELETE WHERE startsWith(run, 'new-') SETTINGS mutations_sync = 2")
  const { arrayBuffers, external, rss } = process.memoryUsage()
  console.log(
    `after 200 runs have changed: p50 ${median(fresh).toFixed(1)} ms; columns ${((arrayBuffers || external) / 2 ** 20).toFixed(0)} MiB, process ${(rss / 2 ** 20).toFixed(0)} MiB`,
  )
  const [, facets] = await timed(() =>
    memory.ask(
      '{ facets(project: "board", of: [{ param: "lr" }, { param: "commit" }, { field: STATE }]) { distinct values { text runs } } }',
    ),
  )
  const [, projects] = await timed(() => memory.ask('{ projects { nodes { name runCount lastActivity } } }'))
  console.log(`three facets ${facets.toFixed(0)} ms, projects ${projects.toFixed(0)} ms`)
}
await store.close()
