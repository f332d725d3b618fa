import { strict as assert } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import { partitionOf, runKey } from '../../schema/keys.ts'
import { curveKey, type LiveCurves } from '../../schema/live-patches.ts'
import { parseToken } from '../../schema/token.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { createRandom, pick, type Random, whole } from '../../test/random.ts'
import { createAsker, createTestProgress, insertPoints, type LoggedPoint, type TestStore } from '../fixture.ts'
import { expectedSeries } from '../series.oracle.ts'
import { type SeriesEvent, type Viewer, watch } from './stream.fixture.ts'

const partitions = 3
const metrics = ['a', 'b']
const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324, Number.MAX_VALUE]

/** How a run logs: where its next points lie, from the last step it logged. */
const habits: readonly ((random: Random, last: number) => number)[] = [
  (_, last) => last + 1,
  (_, last) => last + 100,
  (random, last) => last + whole(random, 0, 3),
  (random, last) => last + whole(random, -6, 8),
  (random, last) => (random() < 0.05 ? last - whole(random, 0, 300) : last + 1),
  (random, last) => last + whole(random, 1, 2) * (random() < 0.02 ? 5_000 : 1),
  (random) => whole(random, -200, 200),
]

type Logged = { readonly points: LoggedPoint[]; readonly habit: (typeof habits)[number]; last: number }

/**
 * Points come into the store in all ways that the sink has: block by block, visible before anybody is told; and viewers come, go, do not read, and
 * go on with an id, here or at a second server on the same store. After each event each viewer has what brute force makes of the points up to the
 * event's watermark, and at the end what it makes of all.
 */
export async function fuzzLiveSeries(store: TestStore, seed: number, moves: number): Promise<void> {
  const random = createRandom(seed)
  const project = `live ${seed}`
  const progress = createTestProgress(partitions)
  const logger = createLogger('warn')
  const servers = [0, 1].map(() => createAsker(store.reader, { progress, logger }).server)
  const runs = Array.from({ length: 4 }, (_, i) => `run ${i}`)
  const partition = (run: string) => partitionOf(runKey(project, run), partitions)
  const logs = new Map<string, Logged>()
  for (const run of runs)
    for (const metric of metrics)
      logs.set(curveKey({ run, metric }), { points: [], habit: pick(random, habits), last: whole(random, -5, 5) })
  const ends = new Array<number>(partitions).fill(0)
  const told = new Array<number>(partitions).fill(-1)
  const watching: { input: Input; viewer: Viewer }[] = []

  function expected(input: Input, run: string, metric: string, offset: number, width: number) {
    const points = logs.get(curveKey({ run, metric }))!.points.filter(({ ord }) => ord < (offset + 1) * 65_536)
    const { steps, values, buckets, receipt } = expectedSeries(points, { ...input, width })
    const inJson = (column: readonly (number | null)[]) =>
      column.map((value) => (value === null || Number.isFinite(value) ? (value === 0 ? 0 : value) : String(value)))
    const figures = Object.fromEntries(Object.entries(buckets).map(([name, column]) => [name, inJson(column)]))
    const counted = { count: buckets.steps.length, ...figures }
    return { run, metric, steps: inJson(steps), values: inJson(values), buckets: counted, receipt }
  }

  function check(input: Input, curves: LiveCurves, offsets: ReadonlyMap<number, number>, context: string): void {
    for (const run of input.runs) {
      for (const metric of input.metrics) {
        const curve = curves.get(curveKey({ run, metric }))!
        const { bucketWidth } = curve.receipt as { bucketWidth: number }
        const wanted = expected(input, run, metric, offsets.get(partition(run)) ?? -1, bucketWidth)
        assert.deepEqual(curve, wanted, `${context}, ${run}, ${metric}`)
      }
    }
  }

  const onEvent = (input: Input) => (event: SeriesEvent, curves: LiveCurves) =>
    check(input, curves, parseToken(event.watermark)!.offsets, `seed ${seed}: ${JSON.stringify(input)}`)

  async function log(): Promise<void> {
    const run = pick(random, runs)
    const at = partition(run)
    const offset = ends[at]!++
    let block = 0
    for (const metric of random() < 0.7 ? metrics : [pick(random, metrics)]) {
      const series = logs.get(curveKey({ run, metric }))!
      const rows = Array.from({ length: pick(random, [1, 1, 3, 20, 200]) }, () => {
        series.last = series.habit(random, series.last)
        const value = random() < 0.03 ? pick(random, odd) : Math.round(random() * 8) / 8
        return { step: series.last, value, ord: offset * 65_536 + block++ }
      })
      series.points.push(...rows)
      await insertPoints(store, project, run, metric, rows)
    }
  }

  function tell(all: boolean): void {
    for (let at = 0; at < partitions; at++) told[at] = all ? ends[at]! - 1 : whole(random, told[at]!, ends[at]! - 1)
    progress.go([...told])
  }

  async function come(): Promise<void> {
    const [fromStep, toStep] =
      random() < 0.6 ? [undefined, undefined] : [whole(random, -50, 50), whole(random, 60, 900)]
    const some = runs.filter(() => random() < 0.5)
    const input: Input = {
      ...{ project, runs: some.length > 0 ? some : runs, metrics: random() < 0.5 ? metrics : [pick(random, metrics)] },
      ...{ fromStep, toStep, buckets: pick(random, [2, 3, 10, 64, 500]) },
      repeated: pick(random, ['LAST', 'FIRST', 'ALL'] as const),
    }
    watching.push({ input, viewer: await watch(pick(random, servers), input, onEvent(input)) })
  }

  /** A viewer loses its connection and goes on with what it had, anywhere. */
  async function comeAgain(): Promise<void> {
    const one = pick(random, watching)
    one.viewer.close()
    await one.viewer.ended
    const last = one.viewer.events.at(-1)
    const after = last ? { id: last.id, curves: one.viewer.curves } : undefined
    one.viewer = await watch(pick(random, servers), one.input, onEvent(one.input), after)
  }

  for (let move = 0; move < moves; move++) {
    const dice = random()
    if (watching.length < 3 || (dice < 0.05 && watching.length < 12)) await come()
    else if (dice < 0.12) await comeAgain()
    else if (dice < 0.2) {
      const { viewer } = pick(random, watching)
      viewer.reading = !viewer.reading
    } else if (dice < 0.65) await log()
    else if (dice < 0.9) tell(false)
    else await sleep(whole(random, 0, 20))
  }
  tell(true)
  const offsets = new Map(ends.map((end, at) => [at, end - 1]))
  for (const { input, viewer } of watching) {
    viewer.reading = true
    const isThere = () => {
      try {
        check(input, viewer.curves, offsets, '')
        return true
      } catch {
        return false
      }
    }
    for (let wait = 0; wait < 3_000 && !isThere(); wait++)
      await Promise.race([viewer.ended.then(() => assert.fail('the stream ended')), sleep(2)])
    check(input, viewer.curves, offsets, `at the end, seed ${seed}: ${JSON.stringify(input)}`)
    viewer.close()
    await viewer.ended
  }
  for (const server of servers) server.endLive()
}

type Input = {
  readonly project: string
  readonly runs: readonly string[]
  readonly metrics: readonly string[]
  readonly fromStep: number | undefined
  readonly toStep: number | undefined
  readonly buckets: number
  readonly repeated: 'LAST' | 'FIRST' | 'ALL'
}

if (process.argv[1] === import.meta.filename) {
  const { openTestStore } = await import('../fixture.ts')
  const store = await openTestStore()
  const first = Number(process.env.SEED ?? 1)
  const [seeds, moves] = [Number(process.argv[2] ?? 20), Number(process.argv[3] ?? 300)]
  for (let seed = first; seed < first + seeds; seed++) {
    await fuzzLiveSeries(store, seed, moves)
    console.log(`seed ${seed}: ${moves} moves agree`)
  }
  await store.close()
}
