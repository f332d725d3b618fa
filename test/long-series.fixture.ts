import assert from 'node:assert/strict'
import { type Server, until } from './harness.ts'
import { pick, type Random, whole } from './random.ts'
import { ask, metricValue } from './read-back.ts'
import { bruteForce, type LoggedPoint, type Repeated } from './series.oracle.ts'
import { float64, int64, postMsgpack } from './wire.ts'

export const longSeries = { project: 'p', run: 'r', metric: 'm' } as const

/** Small enough that a few thousand points have tiles. */
export const longSeriesSettings = { TILES_FROM_POINTS: 8_192, FLUSH_INTERVAL_MS: 100, INSERT_INTERVAL_MS: 10 }

/** Tiles are made in a quarter of the time that the machine has left, which may be little of it. */
const tilesMs = 40_000

/** Who takes points, makes tiles and answers; one process or three. */
export type Installation = {
  readonly gateway: () => Server
  readonly sink: () => Server
  readonly query: () => Server
  /** Kills the process of the sink and starts another in its place. */
  restart(): Promise<void>
}

/**
 * The whole way of a long series: logged in order, again, late and out of order while tiles are made of it, through a kill, and read back after each
 * step exactly as it was logged. The order of logging is all that the comparison knows.
 * @returns all that was logged, in this order, and the position of the last write
 */
export async function longSeriesHolds(
  { gateway, sink, query, restart }: Installation,
  random: Random,
): Promise<{ logged: readonly LoggedPoint[]; at: string }> {
  const { project, run, metric } = longSeries
  const logged: LoggedPoint[] = []
  let at = ''

  async function log(steps: readonly number[]): Promise<void> {
    const values = steps.map(() => Math.round((random() + (random() < 0.001 ? 50 : 0)) * 1000) / 1000)
    const cols = [[0, int64(...steps), null, float64(...values)]]
    const posted = await postMsgpack(gateway(), { project, run, sets: [[0, [metric]]], cols })
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
    const input = { project, runs: [run], metrics: [metric], buckets: 40, repeated, at, ...window }
    type Series = {
      steps: number[]
      values: number[]
      receipt: { bucketWidth: number; pointsTotal: number; superseded: number }
    }
    const { series } = await ask<{ series: Series[] }>(
      query(),
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
  await until('tiles are made', async () => (await tilePoints(sink())) > 40_000, tilesMs)
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
  await restart()
  await compare()
  const before = await tilePoints(sink())
  await log(range(100, 400))
  await forward(9_000)
  await until(
    'tiles are made, and of late points anew',
    async () => (await tilePoints(sink())) > before + 9_000,
    tilesMs,
  )
  await compare()
  await log([5, 4_000])
  await compare()
  return { logged, at }
}

const range = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i)

const tilePoints = (server: Server) => metricValue(server, 'stepstream_tile_points_total')
