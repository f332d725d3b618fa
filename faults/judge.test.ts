/** The judge is judged: a real store is damaged in known ways, one after the other, and each must be found, counted and named. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openStoppedStore } from '../bench/store.ts'
import type { Store } from '../ingest/store/store.ts'
import { metricKey, runKey } from '../schema/keys.ts'
import { decodedSql } from '../schema/value-codes-sql.ts'
import { type ApiAnswers, readAnswers, untilDrained } from './answers-of-api.ts'
import { startEmbeddedWorld } from './embedded-world.ts'
import { createFrameMaker, type FramePoints, numberOf } from './frame.ts'
import { judge } from './judge.ts'
import { keepData } from './keep.ts'
import { createLedger, fates, type LaneLedger, type Ledger, newestToken } from './ledger.ts'
import { startLoad } from './load.ts'
import { makePlan, project } from './plan.ts'
import type { Difference, Verdict } from './verdict.ts'

let directory: string
let store: Store
let ledger: Ledger
let answers: ApiAnswers
let previous: Verdict

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepstream-judge-'))
  ledger = createLedger(makePlan({ seed: 11, runs: 40, points: 40_000 }))
  const world = await startEmbeddedWorld({ directory: join(directory, 'world'), environment: {} })
  try {
    const options = { clients: 8, answerTimeoutMs: 5_000, rate: undefined, allowance: () => Number.POSITIVE_INFINITY }
    await startLoad({ ledger, urls: world.frameUrls, ...options }).finished
    await untilDrained(world.questionUrl, newestToken(ledger), 20_000)
    answers = await readAnswers(world.questionUrl, ledger.plan, newestToken(ledger))
    // Ends the server in order.
    await world.sql('SELECT 1')
    await keepData(world, join(directory, 'world'), join(directory, 'kept'))
  } finally {
    await world.stop()
  }
  store = await openStoppedStore(join(directory, 'kept/world/data'))
})
after(async () => {
  await store?.close()
  await rm(directory, { recursive: true, force: true })
})

const judged = (said: ApiAnswers = answers) => judge(ledger, (statement) => store.reader.rows(statement), said)

/** The lane whose frame is damaged, a different one each time, so that damages do not meet. */
let used = 0
function nextFrame(): { of: LaneLedger; seq: number; frame: FramePoints; run: bigint; metric: bigint } {
  const of = ledger.lanes.filter(({ lane, next }) => next > 3 && lane.writer !== undefined && lane.lanesOfRun === 1)[
    used++
  ]!
  const seq = 2
  const frame = createFrameMaker(ledger.plan)(of.lane, seq)
  return { of, seq, frame, run: runKey(project, of.lane.run), metric: metricKey(of.lane.shape.metrics[0]!) }
}
/** Picks the first point of a frame. */
const pointOf = ({ run, metric, frame }: ReturnType<typeof nextFrame>) =>
  `run = ${run} AND metric = ${metric} AND toUnixTimestamp64Milli(time) = ${frame.firstTimeMs}`
const frameWhere = ({ run, frame }: ReturnType<typeof nextFrame>) =>
  `run = ${run} AND toUnixTimestamp64Milli(time) BETWEEN ${frame.firstTimeMs} AND ${frame.firstTimeMs + 999}`
const now = 'SETTINGS mutations_sync = 2'
const columns = 'run, metric, step, time, code, ord'

test('a store as it was sent is found clean', async () => {
  previous = await judged()
  const { stored, differences, ...figures } = previous
  assert.deepEqual(differences, [])
  assert.equal(stored, ledger.counts.acked)
  assert.ok(stored >= 40_000)
  for (const [name, figure] of Object.entries(figures)) assert.equal(figure, 0, name)
})

type Found = Partial<Record<Exclude<keyof Verdict, 'differences'>, number>>
type Damage = [name: string, damage: () => { sql: string[]; found: Found; what: Difference['what']; run: string }]

const damages: Damage[] = [
  [
    'a point that is missing',
    () => {
      const at = nextFrame()
      return {
        sql: [`ALTER TABLE points DELETE WHERE ${pointOf(at)} ${now}`],
        ...{ found: { missing: 1, stored: -1 }, what: 'missing', run: at.of.lane.run },
      }
    },
  ],
  [
    'an acknowledged frame of which nothing is there',
    () => {
      const at = nextFrame()
      return {
        sql: [`ALTER TABLE points DELETE WHERE ${frameWhere(at)} ${now}`],
        found: {
          missing: at.frame.points,
          stored: -at.frame.points,
          wrongSummaries: Number.NaN,
          wrongAnswers: Number.NaN,
        },
        ...{ what: 'missing', run: at.of.lane.run },
      }
    },
  ],
  [
    'a point that is there twice',
    () => {
      const at = nextFrame()
      return {
        sql: [`INSERT INTO points SELECT ${columns} FROM points WHERE ${pointOf(at)}`],
        ...{ found: { duplicated: 1, stored: 1 }, what: 'duplicated', run: at.of.lane.run },
      }
    },
  ],
  [
    'a frame that is there twice, the second time at another place in the log',
    () => {
      const at = nextFrame()
      return {
        sql: [
          `INSERT INTO points SELECT run, metric, step, time, code, ord + 65536 FROM points WHERE ${frameWhere(at)}`,
        ],
        found: { duplicated: at.frame.points, stored: at.frame.points },
        ...{ what: 'duplicated', run: at.of.lane.run },
      }
    },
  ],
  [
    'one bit of a value that is another',
    () => {
      const at = nextFrame()
      const flipped = `bitXor(reinterpretAsUInt64(${decodedSql('code')}), 1)`
      return {
        sql: [`ALTER TABLE points UPDATE code = ${flipped} WHERE ${pointOf(at)} ${now}`],
        ...{ found: { mismatched: 1 }, what: 'mismatched', run: at.of.lane.run },
      }
    },
  ],
  [
    'a step that is one too high',
    () => {
      const at = nextFrame()
      return {
        sql: [
          `INSERT INTO points SELECT run, metric, step + 1, time, code, ord FROM points WHERE ${pointOf(at)}`,
          `ALTER TABLE points DELETE WHERE ${pointOf(at)} AND step = ${at.frame.firstStep} ${now}`,
        ],
        ...{ found: { mismatched: 1 }, what: 'mismatched', run: at.of.lane.run },
      }
    },
  ],
  [
    'a time that is another',
    () => {
      const at = nextFrame()
      return {
        sql: [`ALTER TABLE points UPDATE time = time + INTERVAL 900 MILLISECOND WHERE ${pointOf(at)} ${now}`],
        ...{ found: { missing: 1, unsent: 1 }, what: 'unsent', run: at.of.lane.run },
      }
    },
  ],
  [
    'a point of a frame that was never sent',
    () => {
      const at = nextFrame()
      return {
        sql: [
          `INSERT INTO points SELECT run, metric, step, time + INTERVAL 1 DAY, code, ord FROM points WHERE ${pointOf(at)}`,
        ],
        ...{ found: { unsent: 1, stored: 1 }, what: 'unsent', run: at.of.lane.run },
      }
    },
  ],
  [
    'a point of a run that is none of ours',
    () => ({
      sql: ['INSERT INTO points VALUES (1000, 2, 3, 4, 5, 6)'],
      ...{ found: { unsent: 1 }, what: 'unsent', run: 'none of ours' },
    }),
  ],
  [
    'a summary whose count is one too high',
    () => {
      const { of } = nextFrame()
      const row = `project = '${project}' AND run = '${of.lane.run}' ORDER BY metric LIMIT 1`
      return {
        sql: [
          `INSERT INTO series SELECT * REPLACE (count + 1 AS count, version + 1 AS version) FROM series FINAL WHERE ${row}`,
        ],
        ...{ found: { wrongSummaries: 1 }, what: 'summary', run: of.lane.run },
      }
    },
  ],
  [
    'a run whose total is not the number of its points',
    () => {
      const { of } = nextFrame()
      const row = `run = '${of.lane.run}'`
      return {
        sql: [
          `INSERT INTO run_state SELECT * REPLACE (points + 1 AS points, version + 1 AS version) FROM run_state FINAL WHERE ${row}`,
        ],
        ...{ found: { wrongSummaries: 1 }, what: 'summary', run: of.lane.run },
      }
    },
  ],
  [
    'a series without a summary',
    () => {
      const { of } = nextFrame()
      const row = `run = '${of.lane.run}' AND metric = '${of.lane.shape.metrics[0]}'`
      return {
        sql: [`ALTER TABLE series DELETE WHERE ${row} ${now}`],
        ...{ found: { wrongSummaries: 1 }, what: 'summary', run: of.lane.run },
      }
    },
  ],
  [
    'a dead letter',
    () => ({
      sql: [`INSERT INTO dead_letters VALUES (0, 1, 2, '${project}', 'odd', 'sequence_horizon', 'seq 1', '', 0)`],
      ...{ found: { deadLetters: 1 }, what: 'dead letter', run: 'odd' },
    }),
  ],
]

/** Every difference can be told only while there are few of them: each damage is looked for in a verdict of its own run. */
for (const [name, damage] of damages) {
  test(`the judge finds ${name}`, async () => {
    const { sql, found, what, run } = damage()
    for (const statement of sql) await store.command(statement)
    const verdict = await judged()
    const { differences, ...figures } = verdict
    for (const [figure, value] of Object.entries(figures) as [keyof Found, number][]) {
      const more = value - previous[figure]
      // NaN: some, as many as the frame has metrics.
      if (Number.isNaN(found[figure])) assert.ok(more > 0, figure)
      else assert.equal(more, found[figure] ?? 0, `${figure}: ${JSON.stringify(differences.at(-1))}`)
    }
    const told = differences.find((one) => one.run === run && one.what === what)
    assert.ok(told || differences.length >= 20, `${what} in ${run} is not told`)
    previous = verdict
  })
}

test('the judge finds metadata, totals, summaries and points that the API tells otherwise', async () => {
  const [run, answer] = [...answers.runs].find(([name]) => answers.points.has(name))!
  const [metric, points] = [...answers.points.get(run)!].find(([, list]) => list.length > 1)!
  const altered: [keyof Found, ApiAnswers][] = [
    ['wrongMetadata', { ...answers, runs: new Map([...answers.runs, [run, { ...answer, state: 'LOST' }]]) }],
    ['wrongMetadata', { ...answers, runs: new Map([...answers.runs, [run, { ...answer, params: {} }]]) }],
    ['wrongAnswers', { ...answers, runs: new Map([...answers.runs, [run, { ...answer, points: 0 }]]) }],
    [
      'wrongAnswers',
      { ...answers, runs: new Map([...answers.runs, [run, { ...answer, metrics: answer.metrics.slice(1) }]]) },
    ],
    ['wrongAnswers', { ...answers, runs: new Map([...answers.runs].filter(([name]) => name !== run)) }],
    ...[points.slice(1), [...points, points[0]!], points.with(0, [points[0]![0], 42])].map(
      (list): [keyof Found, ApiAnswers] => [
        'wrongAnswers',
        {
          ...answers,
          points: new Map([...answers.points, [run, new Map([...answers.points.get(run)!, [metric, list]])]]),
        },
      ],
    ),
  ]
  for (const [figure, said] of altered) {
    const verdict = await judged(said)
    assert.equal(verdict[figure], previous[figure] + 1, figure)
  }
})

test('a frame that was given up on may be stored or not, but not in part', async () => {
  const at = nextFrame()
  at.of.fate[at.seq] = fates.abandoned
  const whole = await judged()
  assert.equal(whole.abandonedStored, previous.abandonedStored + at.frame.points)
  assert.equal(whole.missing, previous.missing)
  await store.command(`ALTER TABLE points DELETE WHERE ${pointOf(at)} ${now}`)
  assert.equal((await judged()).missing, previous.missing + 1)
  await store.command(`ALTER TABLE points DELETE WHERE ${frameWhere(at)} ${now}`)
  const gone = await judged()
  assert.equal(gone.missing, previous.missing)
  assert.ok(numberOf(at.of.lane, at.seq) >= 0)
})
