import { strict as assert } from 'node:assert'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { metricKey, runKey } from '../schema/keys.ts'
import { encodedSql } from '../schema/value-codes-sql.ts'
import { type Server, startServer } from '../test/harness.ts'
import { createRandom } from '../test/random.ts'
import { insertRuns, openTestStore, type TestStore } from './fixture.ts'

/*
 * How long a curve takes over HTTP, by the length of its series and of the window asked for, without tiles and with them; what tiles take on disk and
 * cost to make. Series of one point a step are put straight into the store, and the server asked as anybody would. One answer of each kind is
 * compared with all of its points before anything is timed.
 *
 *     node dist/query/series.bench.js [points of the longest series] [requests of a line]
 */
const most = Number(process.argv[2] ?? 1e7)
const requests = Number(process.argv[3] ?? 100)
const lengths = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8].filter((points) => points <= most)
const pointsPerInsert = 1e7
/** Points of one record, and so of one log position. */
const pointsPerRecord = 100
const buckets = 1000

const nameOf = (points: number) => `run of ${points}`

/** The same in the store's arithmetic and here: a slow wave of noise, exact in both. */
const valueSql = '(bitAnd(number * 2654435761, 4294967295) / 4294967296) + intDiv(number, 1000) % 100'
function valueAt(step: number): number {
  return (Math.imul(step, -1_640_531_535) >>> 0) / 4_294_967_296 + (Math.floor(step / 1000) % 100)
}

async function fill(store: TestStore, run: string, points: number): Promise<void> {
  for (let from = 0; from < points; from += pointsPerInsert) {
    const count = Math.min(pointsPerInsert, points - from)
    await store.command(`INSERT INTO points SELECT ${runKey('bench', run)}, ${metricKey('loss')}, number, fromUnixTimestamp64Milli(toInt64(1700000000000 + number * 100), 'UTC'),
      ${encodedSql(valueSql)}, (intDiv(number, ${pointsPerRecord}) + 1) * 65536 FROM numbers(${from}, ${count})`)
  }
  await insertRuns(store, 'bench', [{ run }])
  await store.command(`INSERT INTO series SELECT 'bench', '${run}', 'loss', ${runKey('bench', run)}, ${metricKey('loss')}, ${points}, 0, ${points - 1},
    toDateTime64(0, 3, 'UTC'), 0, 0, 0, 0, 0, 0, 0, 0, NULL, 0, ${Math.floor(points / pointsPerRecord) + 1}`)
}

type Window = { readonly fromStep?: number; readonly toStep?: number }
type Ask = (
  runs: readonly string[],
  buckets: number,
  window?: Window,
) => Promise<{ steps: number[]; values: number[] }[]>

function asker({ url }: Server): Ask {
  const query = 'query ($in: SeriesInput!) { series(input: $in) { run metric steps values } }'
  return async (runs, buckets, window = {}) => {
    const body = JSON.stringify({
      query,
      variables: { in: { project: 'bench', runs, metrics: ['loss'], buckets, ...window } },
    })
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const answer = (await response.json()) as {
      data: { series: { steps: number[]; values: number[] }[] }
      errors?: unknown
    }
    assert.equal(answer.errors, undefined, JSON.stringify(answer.errors))
    return answer.data.series
  }
}

/** M4 of a dense stretch, by going through all of its points. */
function bruteForce(from: number, to: number): { steps: number[]; values: number[] } {
  let width = 1
  while (Math.ceil((to - from) / width) + 1 > buckets) width *= 2
  const steps: number[] = []
  for (let start = Math.floor(from / width) * width; start <= to; start += width) {
    const [first, last] = [Math.max(start, from), Math.min(start + width - 1, to)]
    let [lowest, highest] = [first, first]
    for (let step = first; step <= last; step++) {
      if (valueAt(step) < valueAt(lowest)) lowest = step
      if (valueAt(step) > valueAt(highest)) highest = step
    }
    steps.push(...[...new Set([first, lowest, highest, last])].sort((a, b) => a - b))
  }
  return { steps, values: steps.map(valueAt) }
}

async function check(ask: Ask, points: number): Promise<void> {
  const windows = [
    {},
    ...(points >= 1e5 ? [{ fromStep: Math.floor(points / 7), toStep: Math.floor(points / 1.3) }] : []),
  ]
  for (const window of windows) {
    const [answer] = await ask([nameOf(points)], buckets, window)
    const { fromStep = 0, toStep = points - 1 } = window as Window
    const expected =
      points <= buckets ? { steps: answer!.steps, values: answer!.steps.map(valueAt) } : bruteForce(fromStep, toStep)
    assert.deepEqual(
      { steps: answer!.steps, values: answer!.values },
      expected,
      `${points} points, ${JSON.stringify(window)}`,
    )
  }
}

async function time(name: string, count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < Math.min(10, count); i++) await work(i)
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const began = performance.now()
    await work(i)
    times.push(performance.now() - began)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(count - 1, Math.floor(count * share))]!.toFixed(1)
  console.log(`| ${name} | ${at(0.5)} | ${at(0.99)} |`)
}

async function measure(ask: Ask, longest: number, count: number): Promise<void> {
  console.log('| question | p50 ms | p99 ms |\n| --- | --- | --- |')
  const random = createRandom(3)
  await time('{ __typename }, for comparison', count, () => ask([], buckets).catch(() => undefined))
  for (const points of lengths.filter((length) => length <= longest))
    await time(`${points.toExponential(0)} points, all`, count, () => ask([nameOf(points)], buckets))
  for (const points of lengths.filter((length) => length <= longest && length >= 1e6)) {
    await time(`${points.toExponential(0)} points, any window`, count, () => {
      const length = Math.floor(points ** (0.5 + 0.5 * random()))
      const fromStep = Math.floor(random() * (points - length))
      return ask([nameOf(points)], buckets, { fromStep, toStep: fromStep + length })
    })
  }
  const many = Array.from({ length: 100 }, (_, i) => `many ${i}`)
  await time('100 runs of 1e4 points, 500 buckets', Math.min(count, 40), () => ask(many, 500))
}

async function gauge({ url }: Server, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
}

async function serve(dataDir: string, tiles: boolean, work: (server: Server) => Promise<void>): Promise<void> {
  const server = await startServer(dataDir, { TILES: String(tiles), LOG_LEVEL: 'info' })
  try {
    await work(server)
  } finally {
    await server.stop()
  }
}

const dataDir = await mkdtemp(join(tmpdir(), 'stepstream-series-bench-'))
try {
  const store = await openTestStore(dataDir)
  for (const points of lengths) await fill(store, nameOf(points), points)
  for (let i = 0; i < 100; i++) await fill(store, `many ${i}`, 1e4)
  await store.close()

  console.log('\nwithout tiles')
  await serve(dataDir, false, async (server) => {
    const ask = asker(server)
    for (const points of lengths.filter((length) => length <= 1e7)) await check(ask, points)
    await measure(ask, 1e6, Math.min(requests, 40))
    if (most >= 1e7) await time('1e+7 points, all', 5, () => ask([nameOf(1e7)], buckets))
  })

  console.log('\nwith tiles')
  await serve(dataDir, true, async (server) => {
    const ask = asker(server)
    const expected = lengths.filter((points) => points > 32_768).reduce((sum, points) => sum + points - 1200, 0)
    const began = performance.now()
    while ((await gauge(server, 'stepstream_tile_points_total')) < expected) await sleep(100)
    const seconds = await gauge(server, 'stepstream_tile_build_seconds_sum')
    const built = await gauge(server, 'stepstream_tile_points_total')
    console.log(
      `built ${built} points in ${((performance.now() - began) / 1000).toFixed(1)} s, of which ${seconds.toFixed(1)} s of one thread: ${((1e6 * seconds) / built).toFixed(3)} s per 1 M points`,
    )
    for (const points of lengths) await check(ask, points)
    await measure(ask, most, requests)
  })

  const again = await openTestStore(dataDir)
  const sizes = await again.reader.rows<{ name: string; stored: number; bytes: number }>(
    'SELECT table AS name, sum(rows) AS stored, sum(data_compressed_bytes) AS bytes FROM system.parts WHERE active GROUP BY table',
  )
  await again.close()
  const points = Number(sizes.find(({ name }) => name === 'points')!.stored)
  for (const { name, stored, bytes } of sizes.filter(({ name }) => ['points', 'tiles'].includes(name)))
    console.log(`${name}: ${stored} rows, ${(bytes / points).toFixed(2)} bytes a point`)
} finally {
  await rm(dataDir, { recursive: true, force: true })
}
