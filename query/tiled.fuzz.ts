import { strict as assert } from 'node:assert'
import { createLateWrites } from '../schema/late-writes.ts'
import { limits } from '../schema/limits.ts'
import { tiling } from '../schema/tiles.ts'
import { createRandom, pick, type Random } from '../test/random.ts'
import { createAsker, insertRuns, type LoggedPoint, openTestStore, type TestStore } from './fixture.ts'
import { below, checkSeries, clamp, document, stepsOfSeries, valuesOfSeries } from './series.fuzz.ts'
import { type Expected, expectedSeries } from './series.oracle.ts'
import { createTiledSeries, type Pending, type TiledSeries } from './tiled.fixture.ts'
import { sizes } from './tiles/sizes.ts'

/*
 * Curves of series with tiles against brute force: points that come late, stretches logged again, two writers, runs that went on from earlier
 * steps; tiles made at any moment, by builders that know an old state, send late, or die between two statements; questions while all that goes on.
 *
 *     node dist/query/tiled.fuzz.js [histories] [windows of each] [seed]
 */
type Window = {
  readonly fromStep: number | undefined
  readonly toStep: number | undefined
  readonly buckets: number
  readonly repeated: 'LAST' | 'FIRST' | 'ALL'
}

/** Makes everything small, so that short series take every way that long ones do. Each test file is a process of its own. */
export function useSmallSizes(): void {
  Object.assign(limits, { tiledSeriesPoints: 30 })
  Object.assign(tiling, { pointsPerTile: 6, leastWidth: 2 })
  Object.assign(sizes, { pointsTried: 60, rowsAtOnce: 150, tileRows: 400, pointRows: 500, sealsPoints: 20 })
  Object.assign(sizes, { sealsReadAgainMs: 0, sealsKeptMs: 20 })
}

type Block = { readonly points: readonly LoggedPoint[]; readonly offset: number }

/** What was logged, block by block. */
function history(random: Random): Block[] {
  const [stepAt, valueAt] = [pick(random, stepsOfSeries), pick(random, valuesOfSeries)]
  const length = pick(random, [40, 300, 600, 1000])
  const inOrder = Array.from({ length }, (_, i) => stepAt(random, i))
  const steps = reordered(random, inOrder)
  const blocks: Block[] = []
  let [at, offset] = [0, below(random, 3) * 4090]
  while (at < steps.length) {
    const rows = 1 + below(random, pick(random, [5, 60, 400]))
    offset += 1 + below(random, pick(random, [2, 2, 3000]))
    const points = steps
      .slice(at, at + rows)
      .map((step, i) => ({ step, value: valueAt(random, at + i), ord: offset * 65_536 + i }))
    blocks.push({ points, offset })
    at += rows
  }
  return blocks
}

/** The order in which a series' steps are logged. */
function reordered(random: Random, steps: readonly number[]): number[] {
  const half = steps.length >> 1
  const again = () => {
    const from = below(random, steps.length)
    return steps.slice(from, from + below(random, steps.length - from) + 1)
  }
  const ways: (() => number[])[] = [
    () => [...steps],
    // A few come late.
    () => {
      const late = steps.filter(() => random() < 0.02)
      return [...steps.filter((step) => !late.includes(step)), ...late]
    },
    // Went on from an earlier step, once or twice.
    () => [...steps, ...again(), ...again()],
    // Two writers, one behind the other, on other steps or on the same.
    () => steps.slice(0, half).flatMap((step, i) => [steps[half + i]!, step]),
    () => steps.slice(0, half).flatMap((_, i) => [steps[half + i]!, steps[Math.max(0, half + i - 40)]!]),
    // Began in the middle, then what was before.
    () => [...steps.slice(half), ...steps.slice(0, half)],
    // A little out of order everywhere.
    () =>
      steps
        .map((step, i) => ({ step, at: i + below(random, 12) }))
        .sort((a, b) => a.at - b.at)
        .map(({ step }) => step),
    // All of it twice.
    () => [...steps, ...steps],
  ]
  return pick(random, ways)()
}

function windowOf(random: Random, logged: readonly LoggedPoint[]): Window {
  const bound = () =>
    random() < 0.4 || logged.length === 0 ? undefined : pick(random, logged).step + below(random, 9) - 4
  const [a, b] = [clamp(bound()), clamp(bound())]
  const [fromStep, toStep] = a !== undefined && b !== undefined && a > b ? [b, a] : [a, b]
  const repeated = random() < 0.6 ? 'LAST' : pick(random, ['FIRST', 'ALL'] as const)
  return { fromStep, toStep, buckets: pick(random, [2, 3, 10, 20, 64, 500]), repeated }
}

export type Outcome = { windows: number; duringWrites: number; fromTiles: number }

/** Plays histories, asks for windows while they are stored and while tiles are made of them, and compares every answer. */
export async function fuzzTiles(store: TestStore, seed: number, histories: number, windows: number): Promise<Outcome> {
  const random = createRandom(seed)
  const outcome: Outcome = { windows: 0, duringWrites: 0, fromTiles: 0 }
  const reader: TestStore['reader'] = {
    ...store.reader,
    async columns(sql, ...rest) {
      const answer = await store.reader.columns(sql, ...rest)
      if (sql.includes('FROM tiles') && answer.rows > 0) outcome.fromTiles++
      return answer
    },
  }
  const lateWrites = createLateWrites()
  // One learns of late points from the sink, the other one has to ask.
  const askers = [createAsker(reader, { lateWrites }), createAsker(reader)]
  for (let round = 0; round < histories; round++) {
    Object.assign(tiling, { lateSlack: pick(random, [0, 0, 5, 40]) })
    const [project, run] = [`tiled ${seed}`, `${round}`]
    await insertRuns(store, project, [{ run }])
    const series = createTiledSeries(store, project, run, 'm', lateWrites)
    const blocks = history(random)
    const pending: Pending[] = []
    const summaries = [series.summary()]
    // In the store or here.
    Object.assign(sizes, { chartPoints: pick(random, [0, 200, 1e6]), edgePoints: pick(random, [0, 30]) })
    Object.assign(sizes, { tilesKeptBytes: pick(random, [0, 20_000, 1e7]) })
    const question = (window: Window) =>
      pick(random, askers).ask(document, { in: { project, runs: [run], metrics: ['m'], ...window } })

    async function compare(during: () => Promise<void>): Promise<void> {
      const window = windowOf(random, series.logged)
      const before = series.logged.length
      const [answer] = await Promise.all([question(window), during()])
      const context = `seed ${seed}, history ${round}: ${JSON.stringify(window)}`
      assert.deepEqual(answer.errors, [], context)
      outcome.windows++
      if (series.logged.length > before) outcome.duringWrites++
      // While a block is stored an answer is with all of it or without it.
      const moments = [...new Set([before, series.logged.length])]
      checkOneOf(
        answer.data.series[0],
        moments.map((end) => series.logged.slice(0, end)),
        window,
        context,
      )
    }

    const share = windows / blocks.length
    for (const block of blocks) {
      let asked = 0
      const store = async () => {
        await series.insert(block.points, block.offset)
        summaries.push(series.summary())
      }
      if (random() < Math.min(1, share)) {
        asked++
        await compare(store)
      } else await store()
      const own = random()
      if (own < 0.25) await series.build(series.summary())
      else if (own < 0.35) await series.build(pick(random, summaries.slice(1)))
      else if (own < 0.5) pending.push(...(await series.prepare(pick(random, summaries.slice(1)))))
      // A builder that dies leaves the rest undone.
      else if (own < 0.6) await arrive(store_(), pending.splice(0, 1 + below(random, 8)))
      else if (own < 0.65) pending.length = 0
      for (; asked < Math.floor(share) || random() < (share % 1) * 0.5; asked++)
        await compare(random() < 0.3 ? () => series.build(series.summary()) : async () => {})
    }
    await series.build(series.summary())
    await arrive(store_(), pending)
    for (let more = 0; more < 4; more++) await compare(async () => {})

    function store_() {
      return store
    }
  }
  return outcome
}

async function arrive(store: TestStore, statements: readonly Pending[]): Promise<void> {
  for (const { sql, parameters } of statements) await store.command(sql, parameters)
}

// biome-ignore lint/suspicious/noExplicitAny: an answer as it came.
function checkOneOf(answer: any, moments: readonly (readonly LoggedPoint[])[], window: Window, context: string): void {
  let fault: unknown
  for (const logged of moments) {
    try {
      const expected: Expected = expectedSeries(logged, { ...window, width: answer.receipt.bucketWidth as number })
      checkSeries(answer, expected, context)
      return
    } catch (error) {
      fault = error
    }
  }
  throw fault
}

export type { TiledSeries }

if (process.argv[1] === import.meta.filename) {
  const [histories = 1000, windows = 10, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
  useSmallSizes()
  const store = await openTestStore()
  const began = performance.now()
  try {
    const outcome = await fuzzTiles(store, seed, histories, windows)
    console.log(
      JSON.stringify({ seed, histories, ...outcome, seconds: Math.round((performance.now() - began) / 1000) }),
    )
  } finally {
    await store.close()
  }
}
