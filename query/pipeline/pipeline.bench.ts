import { strict as assert } from 'node:assert'
import { metricKey, runKey } from '../../schema/keys.ts'
import { encodedSql } from '../../schema/value-codes-sql.ts'
import { createAsker, insertRuns, openTestStore, type TestStore } from '../fixture.ts'
import { unpack } from './pipeline.fixture.ts'

/*
 * How long curves take that are computed from all of their points, by length and number of series, beside M4 by step, which the store computes. Asked
 * through GraphQL within the process, without HTTP; 1000 buckets, packed columns. Of each kind the lowest and highest value of the answer are compared
 * with those of all points, and so is their number, before anything is timed.
 *
 *     node dist/query/pipeline/pipeline.bench.js [points of the longest series] [requests of a line]
 */
const most = Number(process.argv[2] ?? 1e6)
const requests = Number(process.argv[3] ?? 5)
const lengths = [1e4, 1e5, 1e6].filter((points) => points <= most)
const runsOf = [1, 20]

const runName = (points: number, run: number) => `${points}-${run}`
/** Exact in the store's arithmetic and here. */
const lossSql = '(bitAnd(number * 2654435761, 4294967295) / 4294967296) + intDiv(number, 1000) % 100'
const lossAt = (step: number) => (Math.imul(step, -1_640_531_535) >>> 0) / 2 ** 32 + (Math.floor(step / 1000) % 100)
const epochAt = (step: number) => step / 1024

async function fill(store: TestStore, points: number, run: number): Promise<void> {
  const key = runKey('bench', runName(points, run))
  for (const [metric, sql] of [
    ['loss', lossSql],
    ['epoch', 'number / 1024'],
  ] as const) {
    await store.command(`INSERT INTO points SELECT ${key}, ${metricKey(metric)}, number,
      fromUnixTimestamp64Milli(toInt64(1700000000000 + number * 100), 'UTC'), ${encodedSql(sql)}, (intDiv(number, 100) + 1) * 65536 FROM numbers(${points})`)
  }
}

type Kind = {
  readonly name: string
  readonly input: Record<string, unknown>
  /** Value of each point, for the check; undefined: not compared. */
  readonly valueAt: ((step: number) => number) | undefined
}
const loss = { metrics: ['loss'] }
const kinds: readonly Kind[] = [
  { name: 'M4 by step, by the store', input: loss, valueAt: lossAt },
  { name: 'wall time', input: { ...loss, x: 'WALL_TIME' }, valueAt: lossAt },
  { name: 'relative time', input: { ...loss, x: 'RELATIVE_TIME' }, valueAt: lossAt },
  { name: 'x of a metric', input: { ...loss, x: 'METRIC', xMetric: 'epoch' }, valueAt: lossAt },
  {
    name: 'expression of two metrics',
    input: { expressions: ['loss - epoch'] },
    valueAt: (s) => lossAt(s) - epochAt(s),
  },
  { name: 'EMA, half-life 100', input: { ...loss, smoothing: { halfLife: 100 } }, valueAt: undefined },
  { name: 'moving average of 100', input: { ...loss, smoothing: { points: 100 } }, valueAt: undefined },
  { name: 'mean', input: { ...loss, reduction: 'MEAN' }, valueAt: undefined },
  { name: 'RAW, page of 1000', input: { ...loss, reduction: 'RAW', first: 1000 }, valueAt: undefined },
]

const document = `query ($in: SeriesInput!) { series(input: $in) { xPacked valuesPacked receipt { method pointsTotal } } }`
const store = await openTestStore()
const { ask } = createAsker(store.reader, { settings: { queryTimeoutMs: 60_000 } })

async function measure(kind: Kind, points: number, runs: number): Promise<string> {
  const names = Array.from({ length: runs }, (_, run) => runName(points, run))
  const variables = { in: { project: 'bench', runs: names, buckets: 1000, ...kind.input } }
  const first = await ask(document, variables)
  if (first.errors.length > 0) return first.errors[0]!.extensions.code
  check(first.data.series, kind, points)
  const times: number[] = []
  for (let i = 0; i < (points * runs > 1e6 ? Math.min(3, requests) : requests); i++) {
    const began = performance.now()
    await ask(document, variables)
    times.push(performance.now() - began)
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!.toFixed(times[0]! < 20 ? 1 : 0)
}

function check(series: readonly Record<string, unknown>[], { valueAt, input }: Kind, points: number): void {
  for (const one of series) {
    const { pointsTotal } = one.receipt as { pointsTotal: number }
    assert.equal(pointsTotal, input.reduction === 'RAW' ? 1000 : points)
    if (!valueAt) continue
    let [low, high] = [Infinity, -Infinity]
    for (let step = 0; step < points; step++) {
      low = Math.min(low, valueAt(step))
      high = Math.max(high, valueAt(step))
    }
    const values = unpack(one.valuesPacked as string)
    assert.deepEqual([Math.min(...values), Math.max(...values)], [low, high])
  }
}

try {
  for (const points of lengths) {
    for (let run = 0; run < Math.max(...runsOf); run++) await fill(store, points, run)
    await insertRuns(
      store,
      'bench',
      Array.from({ length: Math.max(...runsOf) }, (_, run) => ({ run: runName(points, run) })),
    )
  }
  console.log(
    `median ms                   ${lengths.flatMap((l) => runsOf.map((r) => `${r} x ${l.toExponential(0)}`.padStart(12))).join('')}`,
  )
  for (const kind of kinds) {
    const cells: string[] = []
    for (const points of lengths) for (const runs of runsOf) cells.push(await measure(kind, points, runs))
    console.log(`${kind.name.padEnd(28)}${cells.map((cell) => cell.padStart(12)).join('')}`)
  }
} finally {
  await store.close()
}
