/**
 * The split world does what it says: frames go in by both gateways while each fault happens once, and come back whole.
 * `node --test dist/faults/split-world.smoke.js`, two minutes and more, for whoever works on the harness; `npm test` breaks the same
 * things in `test/faults-kafka.test.ts`. SEED=… and BROKERS=3.
 */
import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaTestOptions } from '../infra/kafka/fixture.ts'
import { fenceRuns } from '../schema/fence.ts'
import { chosenSeed } from '../test/random.ts'
import { diskAbilities } from './disk.ts'
import { type SplitWorld, startSplitWorld } from './split-world.ts'
import type { Link, NodeKind } from './world.ts'

const seed = chosenSeed()
const brokers = process.env.BROKERS === '3' ? 3 : 1
const { fill, stall } = await diskAbilities()
const dayMs = 86_400_000
const downMs = 1_000
const sendMs = 60_000
const answerMs = 15_000
/** After a fault, until all that is acknowledged can be read. */
const readMs = 60_000
/** So that a run stays short enough to come back in one answer. */
const paceMs = 30

/** One run, whose frames hold one point each; step n has the value n / 3. */
type Writer = { readonly run: string; sent: number; at: string; retries: number }

async function post(url: string, body: unknown, timeoutMs: number): Promise<{ status: number; text: string }> {
  const response = await fetch(url, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    signal: AbortSignal.timeout(timeoutMs),
  })
  return { status: response.status, text: await response.text() }
}

/** Sends the next point until it is acknowledged, each time to another gateway. */
async function sendNext(world: SplitWorld, writer: Writer): Promise<void> {
  const step = writer.sent + 1
  const log = [{ step, metrics: { loss: step / 3 } }]
  const frame = { project: 'faults', run: writer.run, writer: 'test', seq: step, log }
  const deadline = performance.now() + sendMs
  let last: unknown
  for (let tried = 0; performance.now() < deadline; tried++) {
    const url = world.frameUrls[(step + tried) % world.frameUrls.length]!
    try {
      const { status, text } = await post(`${url}/v1/frames`, frame, 2_000)
      if (status === 200) {
        writer.at = JSON.parse(text).at
        writer.sent = step
        return
      }
      last = `${status} ${text}`
    } catch (error) {
      last = (error as Error).cause ?? error
    }
    writer.retries++
    await sleep(20)
  }
  throw new Error(`step ${step} of ${writer.run} was not acknowledged in ${sendMs} ms; the last answer: ${last}`)
}

type Answer = {
  errors?: { message: string; extensions: { retryable: boolean } }[]
  data: { series: { steps: number[]; values: number[]; receipt: { exact: boolean } }[] }
}

/** The steps that are stored, and that their values are right. */
async function readBack(world: SplitWorld, { run, at }: Writer): Promise<number[]> {
  const input = { project: 'faults', runs: [run], metrics: ['loss'], at, buckets: 2000, repeated: 'ALL' }
  const query = 'query ($in: SeriesInput!) { series(input: $in) { steps values receipt { exact pointsTotal } } }'
  const deadline = performance.now() + readMs
  let answer: Answer
  do answer = JSON.parse((await post(world.questionUrl, { query, variables: { in: input } }, 30_000)).text)
  while (answer.errors?.every(({ extensions }) => extensions.retryable) && performance.now() < deadline)
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors))
  const { steps, values, receipt } = answer.data.series[0]!
  assert.ok(receipt.exact)
  steps.forEach((step, i) => {
    assert.equal(values[i], step / 3)
  })
  return steps
}

type Fault = readonly [name: string, work: (world: SplitWorld) => Promise<void>, skip?: string | false]

const nodeFaults = (['gateway', 'sink', 'query', 'store', 'broker'] as const).flatMap((kind: NodeKind): Fault[] => [
  [
    `a ${kind} is killed`,
    async ({ nodes }) => {
      await nodes[kind][0]!.kill()
      await sleep(downMs)
    },
  ],
  [
    `a ${kind} is paused`,
    async ({ nodes }) => {
      nodes[kind][0]!.pause()
      await sleep(downMs)
    },
  ],
])

const linkFaults = (['client', 'broker', 'store'] as const).flatMap((kind): Fault[] => {
  const both = (act: (link: Link) => void, counted: keyof Link['counts'] | undefined) => async (world: SplitWorld) => {
    const links = world.links[kind]
    const before = links.map(({ counts }) => ({ ...counts }))
    links.forEach(act)
    await sleep(downMs)
    if (counted === undefined) return
    const deadline = performance.now() + answerMs
    while (!links.some(({ counts }, i) => counts[counted] > before[i]![counted])) {
      assert.ok(performance.now() < deadline, `${counted} never happened`)
      // There may have been no connection at that moment.
      if (counted === 'cut') links.forEach(act)
      await sleep(1)
    }
  }
  return [
    [`${kind} links are cut`, both((link) => link.cut(), 'cut')],
    [`${kind} links are cut before an answer`, both((link) => link.cutBeforeAnswer(2), 'cutBeforeAnswer')],
    [`${kind} links are cut after an answer`, both((link) => link.cutAfterAnswer(2), 'cutAfterAnswer')],
    [`${kind} links stall`, both((link) => link.stall(), undefined)],
    [`${kind} links refuse`, both((link) => link.refuse(), undefined)],
  ]
})

const otherFaults: Fault[] = [
  ['a sink more', (world) => world.addSink!()],
  ['a sink less', (world) => world.removeSink!()],
  ...(['gateway', 'sink', 'query'] as const).map(
    (kind): Fault => [
      `the clock of a ${kind} goes forwards and back by days`,
      async ({ stepClock }) => {
        for (const byMs of [dayMs, -2 * dayMs, dayMs]) {
          await stepClock!(kind, 0, byMs)
          await sleep(300)
        }
      },
    ],
  ),
  [
    'all disks are full',
    async ({ disks }) => {
      await Promise.all(disks.map((disk) => disk.fill()))
      await sleep(downMs)
    },
    !fill.able && `NO DISK CAN BE MADE HERE: ${fill.reason}`,
  ],
  [
    'all disks stall',
    async ({ disks }) => void (await Promise.all(disks.map((disk) => disk.stall(downMs)))),
    !stall.able && `NO DISK CAN BE STALLED HERE: ${stall.reason}`,
  ],
]

const needs = await kafkaTestOptions()
let world: SplitWorld | undefined
after(() => world?.stop())
const writers = ['a', 'b', 'c'].map((run): Writer => ({ run, sent: 0, at: '', retries: 0 }))

async function verify(): Promise<void> {
  for (const writer of writers) {
    const expected = Array.from({ length: writer.sent }, (_, i) => i + 1)
    assert.deepEqual(await readBack(world!, writer), expected, `SEED=${seed}, run ${writer.run}`)
  }
}

test('a world starts, takes frames and gives them back', needs, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stepstream-world-'))
  const disks = fill.able ? { broker: 256, store: 256 } : {}
  world = await startSplitWorld({ directory, brokers, gateways: 2, sinks: 2, partitions: 4, seed, disks })
  for (const writer of writers) for (let i = 0; i < 5; i++) await sendNext(world, writer)
  await verify()
  const rows = await world.sql<{ n: string }>(
    'SELECT count() AS n FROM points WHERE step <= {step:Int64} AND run >= {fence:UInt64}',
    { step: 5, fence: fenceRuns },
  )
  assert.deepEqual(rows, [{ n: '15' }])
})

for (const [name, work, skip] of [...nodeFaults, ...linkFaults, ...otherFaults]) {
  test(`${name}; after healing every point is there once`, skip ? { skip } : needs, async (t) => {
    assert.ok(world, 'the world did not start')
    let over = false
    const retries = writers.map((writer) => writer.retries)
    const exits = world.unexpectedExits.length
    const writing = writers.map(async (writer) => {
      while (!over) {
        await sendNext(world!, writer)
        await sleep(paceMs)
      }
      // Some after the healing.
      for (let i = 0; i < 3; i++) await sendNext(world!, writer)
    })
    try {
      await work(world)
      await world.heal()
    } finally {
      over = true
    }
    try {
      await Promise.all(writing)
      await verify()
    } catch (error) {
      for (const { name, output } of Object.values(world.nodes).flat())
        t.diagnostic(`${name}:\n${output().slice(-3_000)}`)
      throw error
    }
    const again = writers.reduce((sum, writer, i) => sum + writer.retries - retries[i]!, 0)
    t.diagnostic(`${writers.map(({ sent }) => sent)} points, ${again} sent again`)
    assert.deepEqual(world.unexpectedExits.slice(exits), [])
  })
}

test('all nodes run at the end, and stop takes everything away', needs, async () => {
  assert.ok(world, 'the world did not start')
  const pids = Object.values(world.nodes)
    .flat()
    .map((node) => node.pid()!)
  assert.equal(pids.length, 2 + 2 + 1 + 1 + brokers)
  for (const pid of pids) process.kill(pid, 0)
  await world.stop()
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})
