import { strict as assert } from 'node:assert'
import { createRandom, pick, type Random, whole } from '../test/random.ts'
import { createAsker, insertPoints, insertRuns, type LoggedPoint, type TestStore } from './fixture.ts'
import { type Expected, expectedSeries } from './series.oracle.ts'

export const below = (random: Random, end: number) => whole(random, 0, end - 1)

/** Where a series' steps lie: start and stride, so that dense, sparse, negative and the largest ones all come up. */
export const stepsOfSeries: readonly ((random: Random, i: number) => number)[] = [
  (_, i) => i,
  (_, i) => i - 700,
  (_, i) => i * 100 - 3,
  (random) => below(random, 500) - 250,
  (random) => Math.round((random() * 2 - 1) * Number.MAX_SAFE_INTEGER),
  (_, i) => (i % 2 === 0 ? 1 : -1) * (Number.MAX_SAFE_INTEGER - i),
  (random, i) => 1_700_000_000_000 + i * 1000 + below(random, 3),
]

const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324, -5e-324, Number.MAX_VALUE]
export const valuesOfSeries: readonly ((random: Random, i: number) => number)[] = [
  (random, i) => Math.exp(-i / 300) + random() * 0.01,
  (random) => below(random, 4) - 2,
  (random) => (random() < 0.1 ? pick(random, odd) : random() - 0.5),
  (random) => pick(random, odd),
  (random, i) => (i > 400 ? Number.NaN : random()),
  () => Number.NaN,
]

export function history(random: Random): LoggedPoint[] {
  const [stepAt, valueAt] = [pick(random, stepsOfSeries), pick(random, valuesOfSeries)]
  const length = pick(random, [0, 1, 3, 60, 400, 1500])
  const points = Array.from({ length }, (_, i) => ({ step: stepAt(random, i), value: valueAt(random, i) }))
  // A job that went on from an earlier step logs a stretch again.
  for (let again = below(random, 3); again > 0 && length > 0; again--) {
    const from = below(random, length)
    const stretch = points.slice(from, from + below(random, length - from) + 1)
    points.push(...stretch.map(({ step }, i) => ({ step, value: valueAt(random, i) })))
  }
  return points.map((point, i) => ({ ...point, ord: 65_536 * (i + 1) }))
}

export const document = `query ($in: SeriesInput!) { series(input: $in) { run metric steps values stepsPacked valuesPacked
  buckets { count steps counts first min max last nan positiveInfinity negativeInfinity stepsPacked minPacked maxPacked firstPacked lastPacked }
  receipt { method exact bucketWidth pointsTotal pointsReturned superseded nan positiveInfinity negativeInfinity firstNonFiniteStep } } }`

/** Asks for random windows of random histories, several series at a time, and compares every answer with brute force. */
export async function fuzzSeries(store: TestStore, seed: number, histories: number, windows: number): Promise<void> {
  const random = createRandom(seed)
  const { ask } = createAsker(store.reader)
  const project = `fuzz ${seed}`
  for (let round = 0; round < histories; round++) {
    const runs = [`${round}a`, `${round}b`]
    const logged = new Map<string, LoggedPoint[]>()
    await insertRuns(
      store,
      project,
      runs.map((run) => ({ run })),
    )
    for (const run of runs) {
      const points = history(random)
      logged.set(run, points)
      // In up to three parts, cut anywhere, one inside the other.
      const parts = 1 + below(random, 3)
      const dealt = points.map((point) => ({ point, part: below(random, parts) }))
      for (let part = 0; part < parts; part++) {
        await insertPoints(
          store,
          project,
          run,
          'm',
          dealt.filter((d) => d.part === part).map((d) => d.point),
        )
      }
    }
    for (let window = 0; window < windows; window++) {
      const all = [...logged.values()].flat().map((point) => point.step)
      const bound = () => (random() < 0.4 || all.length === 0 ? undefined : pick(random, all) + below(random, 9) - 4)
      const [a, b] = [clamp(bound()), clamp(bound())]
      const [fromStep, toStep] = a !== undefined && b !== undefined && a > b ? [b, a] : [a, b]
      const buckets = pick(random, [2, 3, 10, 64, 500, 2000])
      const repeated = pick(random, ['LAST', 'FIRST', 'ALL'] as const)
      const input = { project, runs, metrics: ['m'], fromStep, toStep, buckets, repeated }
      const answer = await ask(document, { in: input })
      const context = `seed ${seed}, round ${round}: ${JSON.stringify(input)}`
      assert.deepEqual(answer.errors, [], context)
      for (const [i, run] of runs.entries()) {
        const series = answer.data.series[i]
        const width = series.receipt.bucketWidth as number
        const expected = expectedSeries(logged.get(run)!, { fromStep, toStep, buckets, repeated, width })
        checkSeries(series, expected, `${context}, run ${run}`)
      }
    }
  }
}

export const clamp = (step: number | undefined) =>
  step === undefined ? undefined : Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, step))

// biome-ignore lint/suspicious/noExplicitAny: an answer as it came.
export function checkSeries(series: any, expected: Expected, context: string): void {
  assert.deepEqual(unpack(series.stepsPacked), expected.steps, `steps, ${context}`)
  same(unpack(series.valuesPacked), expected.values, `values, ${context}`)
  assert.deepEqual(series.steps, expected.steps, `steps in JSON, ${context}`)
  assert.deepEqual(series.values, expected.values.map(json), `values in JSON, ${context}`)
  assert.equal(series.buckets.count, expected.buckets.steps.length)
  for (const [name, column] of Object.entries(expected.buckets)) {
    const shown = column.map((value) => (value === null ? null : json(value)))
    assert.deepEqual(series.buckets[name], shown, `buckets.${name}, ${context}`)
    const packed = series.buckets[`${name}Packed`]
    if (packed !== undefined)
      same(
        unpack(packed),
        column.map((value) => value ?? Number.NaN),
        `${name}Packed, ${context}`,
      )
  }
  assert.deepEqual(series.receipt, expected.receipt, `receipt, ${context}`)
}

function same(actual: readonly number[], expected: readonly number[], message: string): void {
  assert.equal(actual.length, expected.length, message)
  for (const [i, value] of actual.entries())
    assert.ok(Object.is(value, expected[i]), `${message}: [${i}] ${value}, ${expected[i]}`)
}

const json = (value: number) => (Number.isFinite(value) ? (value === 0 ? 0 : value) : String(value))

function unpack(packed: string): number[] {
  const bytes = Buffer.from(packed, 'base64')
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i))
}
