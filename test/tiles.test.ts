import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetchFrom, type Server, startServer, until, withDataDir } from './harness.ts'
import { chosenSeed, createRandom, pick, whole } from './random.ts'
import { ask } from './read-back.ts'
import { float64, int64, postMsgpack } from './wire.ts'

/*
 * The whole way of a long series: logged in order, again, late and out of order while tiles are made of it, through a kill, and read back after each
 * step exactly as it was logged. The order of logging is all that the comparison knows.
 */
type Point = { readonly step: number; readonly value: number }
type Repeated = 'LAST' | 'FIRST' | 'ALL'

const settings = { TILES_FROM_POINTS: 8_192, FLUSH_INTERVAL_MS: 100, INSERT_INTERVAL_MS: 10 }
const random = createRandom(chosenSeed())

test('a long series is read back exactly while tiles are made of it and late points come, through a kill', async () => {
  await withDataDir(async (dataDir) => {
    const logged: Point[] = []
    let at = ''
    let server = await startServer(dataDir, settings)

    async function log(steps: readonly number[]): Promise<void> {
      const values = steps.map(() => Math.round((random() + (random() < 0.001 ? 50 : 0)) * 1000) / 1000)
      const cols = [[0, int64(...steps), null, float64(...values)]]
      const posted = await postMsgpack(server, { project: 'p', run: 'r', sets: [[0, ['m']]], cols })
      assert.equal(posted.error, undefined)
      at = posted.at
      logged.push(...steps.map((step, i) => ({ step, value: values[i]! })))
    }

    async function forward(steps: number, from = highest() + 1): Promise<void> {
      for (let first = from; first < from + steps; first += 2_000)
        await log(range(first, Math.min(first + 2_000, from + steps)))
    }
    const highest = () => logged.reduce((most, { step }) => Math.max(most, step), -1)

    /** The whole series and some windows of it. */
    async function compare(): Promise<void> {
      await compareWindow({}, 'LAST')
      for (let i = 0; i < 3; i++) {
        const fromStep = whole(random, 0, highest())
        const window = { fromStep, toStep: whole(random, fromStep, highest()) }
        await compareWindow(window, pick(random, ['LAST', 'LAST', 'FIRST', 'ALL']))
      }
    }

    async function compareWindow(window: { fromStep?: number; toStep?: number }, repeated: Repeated): Promise<void> {
      const input = { project: 'p', runs: ['r'], metrics: ['m'], buckets: 40, repeated, at, ...window }
      type Series = {
        steps: number[]
        values: number[]
        receipt: { bucketWidth: number; pointsTotal: number; superseded: number }
      }
      const { series } = await ask<{ series: Series[] }>(
        server,
        'query ($in: SeriesInput!) { series(input: $in) { steps values receipt { bucketWidth pointsTotal superseded } } }',
        { in: input },
      )
      const [answer] = series
      const expected = bruteForce(logged, window, repeated, answer!.receipt.bucketWidth)
      assert.deepEqual(
        answer,
        { ...expected, receipt: { bucketWidth: answer!.receipt.bucketWidth, ...expected.receipt } },
        JSON.stringify(input),
      )
    }

    // More than a question reads point by point without looking for tiles.
    await forward(44_000)
    await until('tiles are made', async () => (await tilePoints(server)) > 40_000)
    await compare()
    for (let round = 0; round < 6; round++) {
      const first = whole(random, 0, 38_000)
      // One point alone, a stretch again, every third step of one, or two writers far behind.
      const late = pick(random, [
        [first],
        range(first, first + whole(random, 2, 2_000)),
        range(first, first + 1_500).filter((step) => step % 3 === 0),
        [first, first + 2_500],
      ])
      await log(late)
      await compare()
      await forward(whole(random, 1, 300))
    }
    await server.kill()
    server = await startServer(dataDir, settings)
    await compare()
    const before = await tilePoints(server)
    await log(range(100, 400))
    await forward(9_000)
    await until('tiles are made, and of late points anew', async () => (await tilePoints(server)) > before + 9_000)
    await compare()
    await log([5, 4_000])
    await compare()
    await server.stop()
  })
})

const range = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i)

async function tilePoints(server: Server): Promise<number> {
  const text = await (await fetchFrom(server, '/metrics')).text()
  return Number(/^stepstream_tile_points_total (.*)$/m.exec(text)?.[1] ?? 0)
}

function bruteForce(
  logged: readonly Point[],
  window: { fromStep?: number; toStep?: number },
  repeated: Repeated,
  width: number,
) {
  const { fromStep = Number.NEGATIVE_INFINITY, toStep = Number.POSITIVE_INFINITY } = window
  const inside = logged.filter(({ step }) => step >= fromStep && step <= toStep)
  const byStep = new Map<number, Point[]>()
  for (const point of inside) byStep.set(point.step, [...(byStep.get(point.step) ?? []), point])
  const standing = [...byStep.keys()]
    .sort((a, b) => a - b)
    .flatMap((step) => {
      const points = byStep.get(step)!
      return repeated === 'ALL' ? points : [repeated === 'LAST' ? points.at(-1)! : points[0]!]
    })
  const receipt = { pointsTotal: inside.length, superseded: inside.length - standing.length }
  const shown = inside.length <= 40 ? standing : drawn(standing, width)
  return { steps: shown.map(({ step }) => step), values: shown.map(({ value }) => value), receipt }
}

/** Of each bucket the first, lowest, highest and last point, each once; of equal ones the earliest. */
function drawn(points: readonly Point[], width: number): Point[] {
  const buckets = new Map<number, Point[]>()
  for (const point of points) {
    const start = Math.floor(point.step / width)
    buckets.set(start, [...(buckets.get(start) ?? []), point])
  }
  return [...buckets.values()].flatMap((bucket) => {
    const lowest = bucket.reduce((least, point) => (point.value < least.value ? point : least))
    const highest = bucket.reduce((most, point) => (point.value > most.value ? point : most))
    const wanted = [bucket[0]!, lowest, highest, bucket.at(-1)!]
    const once = wanted.filter(
      (point, i) => wanted.findIndex(({ step, value }) => step === point.step && value === point.value) === i,
    )
    return once.sort((a, b) => a.step - b.step)
  })
}
