import { strict as assert } from 'node:assert'
import { metricKey, runKey } from '../schema/keys.ts'
import { encodedSql } from '../schema/value-codes-sql.ts'
import { createRandom, pick, type Random, whole } from '../test/random.ts'
import { createAsker, insertRuns, type LoggedPoint, openTestStore, type TestStore } from './fixture.ts'
import { assertClose, expectedGroups, type OracleRun, type OracleWindow } from './groups.oracle.ts'

const question = `query ($in: GroupsInput!) { groups(input: $in) {
  groups { label runs runsWithPoints count stepsPacked countsPacked nonFinitePacked meanPacked medianPacked standardDeviationPacked minPacked maxPacked
    bands { quantile valuesPacked } }
  receipt { method exact bucketWidth runsMatched runsWithPoints points superseded otherGroups otherRuns watermark } } }`

type History = OracleRun & {
  readonly run: string
  readonly state: string
  readonly params: Record<string, string>
  readonly points: LoggedPoint[]
}

/** Runs of one project whose points came in any order, steps logged again, by several inserts; their summaries up to date or not. */
function histories(random: Random): History[] {
  const strides = [1, 1, 1, 3, 1000]
  const count = pick(random, [1, 2, 5, 12, 30])
  const labels = pick(random, [1, 2, 4, 9])
  const [rewinds, broken] = [random() < 0.6, random() < 0.5]
  const start = pick(random, [0, 0, -50, 2 ** 40])
  return Array.from({ length: count }, (_, i) => {
    const stride = pick(random, strides)
    const length = whole(random, 0, pick(random, [3, 40, 200]))
    let ord = whole(random, 0, 1000)
    let step = start + whole(random, 0, 20)
    const points = Array.from({ length }, () => {
      const point = { step, value: someValue(random, broken), ord }
      ord += whole(random, 1, 3)
      step += stride
      if (rewinds && random() < 0.05) step -= stride * whole(random, 1, 20)
      return point
    })
    const label = random() < 0.15 ? null : `l${whole(random, 1, labels)}`
    return {
      run: `r${i}`,
      state: pick(random, ['running', 'failed']),
      label,
      params: label === null ? {} : { group: label },
      points,
    }
  })
}

function someValue(random: Random, broken: boolean): number {
  if (broken && random() < 0.1) return pick(random, [Number.NaN, Infinity, -Infinity])
  if (random() < 0.1) return pick(random, [0, -0, 1, 1e-300, -5e20])
  return (random() - 0.5) * 10 ** whole(random, -3, 3)
}

/** @returns whether all summaries are up to date */
async function insert(store: TestStore, random: Random, project: string, runs: readonly History[]): Promise<boolean> {
  await insertRuns(store, project, runs)
  const bits = (value: number) => new BigUint64Array(new Float64Array([value]).buffer)[0]!
  const rows = runs.flatMap(({ run, points }) =>
    points.map(({ step, value, ord }) => `(${runKey(project, run)},${step},${bits(value)},${ord})`),
  )
  // Each part has some of every run.
  const parts: string[][] = Array.from({ length: whole(random, 1, 4) }, () => [])
  const byTime = random() < 0.5
  for (const [i, row] of rows.entries())
    (byTime ? parts[Math.floor((i / rows.length) * parts.length)]! : pick(random, parts)).push(row)
  for (const part of parts.filter((each) => each.length > 0)) {
    for (let from = 0; from < part.length; from += 3000) {
      await store.command(`INSERT INTO points SELECT t.1, ${metricKey('m')}, t.2, toDateTime64(0, 3, 'UTC'), ${encodedSql('reinterpretAsFloat64(t.3)')}, t.4
        FROM (SELECT arrayJoin(CAST([${part.slice(from, from + 3000).join(',')}], 'Array(Tuple(UInt64, Int64, UInt64, UInt64))')) AS t)`)
    }
  }
  const stale = pick(random, [0, 0, 0.3, 1])
  const summaries = runs
    .map(({ run, points }) => ({
      run,
      points: random() < stale ? points.slice(0, whole(random, 0, points.length)) : points,
    }))
    .filter(({ points }) => points.length > 0)
    .map(({ run, points }) => summaryRow(project, run, points))
  if (summaries.length > 0) await store.command(`INSERT INTO series VALUES ${summaries.join(',')}`)
  return stale === 0
}

function summaryRow(project: string, run: string, points: readonly LoggedPoint[]): string {
  const steps = points.map(({ step }) => step)
  let highest = -Infinity
  let disorder = 0
  for (const step of steps) {
    if (step <= highest) disorder++
    highest = Math.max(highest, step)
  }
  const figures = [points.length, Math.min(...steps), Math.max(...steps)]
  return `('${project}','${run}','m',${runKey(project, run)},${metricKey('m')},${figures.join(',')},0,0,0,0,0,0,0,0,0,NULL,${disorder},${points.at(-1)!.ord})`
}

function windowOf(random: Random, runs: readonly History[]): OracleWindow {
  const steps = runs.flatMap(({ points }) => points.map(({ step }) => step))
  const some = () => (steps.length > 0 && random() < 0.4 ? pick(random, steps) + whole(random, -3, 3) : undefined)
  const [a, b] = [some(), some()]
  const [fromStep, toStep] = a !== undefined && b !== undefined && a > b ? [b, a] : [a, b]
  return {
    ...{ fromStep, toStep },
    buckets: pick(random, [2, 3, 7, 50, 500, 2000]),
    value: pick(random, ['LAST', 'LAST', 'MEAN']),
    quantiles: pick(random, [[], [0.25, 0.75], [0, 0.1, 0.5, 0.9, 1]]),
    first: pick(random, [1, 3, 20]),
  }
}

/** As many random projects, each asked several ways; every answer is compared with brute force. @returns how many answers were checked */
export async function fuzzGroups(store: TestStore, seed: number, projects: number): Promise<number> {
  const random = createRandom(seed)
  let checked = 0
  const { ask } = createAsker(store.reader)
  for (let i = 0; i < projects; i++) {
    const project = `fuzz${i}`
    const runs = histories(random)
    const upToDate = await insert(store, random, project, runs)
    for (let j = 0; j < 4; j++) {
      // How wide buckets are is told by the whole of the runs, which only their summaries know where the range is a part.
      const window = windowOf(random, upToDate ? runs : [])
      const by = pick(random, ['param', 'state', 'none'])
      const onlyFailed = random() < 0.3
      const matched = runs
        .filter(({ state }) => !onlyFailed || state === 'failed')
        .map((run) => ({ ...run, label: by === 'param' ? run.label : by === 'state' ? run.state : '' }))
      const input = {
        ...{ project, metric: 'm', ...window },
        by: by === 'param' ? { param: 'group' } : by === 'state' ? { field: 'STATE' } : null,
        filter: onlyFailed ? { state: ['FAILED'] } : null,
      }
      const answer = await ask(question, { in: input })
      assert.deepEqual(answer.errors, [], JSON.stringify(input))
      check(answer.data.groups, matched, window, `seed ${seed}, project ${i}, ${JSON.stringify(input)}`)
      checked++
    }
  }
  return checked
}

type Answered = {
  readonly receipt: unknown
  readonly groups: readonly (Record<`${string}Packed`, string> & {
    readonly label: string | null
    readonly runs: number
    readonly runsWithPoints: number
    readonly count: number
    readonly bands: readonly { readonly valuesPacked: string }[]
  })[]
}

function check(answer: Answered, runs: readonly OracleRun[], window: OracleWindow, where: string): void {
  const expected = expectedGroups(runs, window)
  const sum = (figure: 'runsWithPoints' | 'points' | 'superseded') =>
    expected.groups.reduce((total, group) => total + group[figure], 0)
  assert.deepEqual(
    answer.receipt,
    {
      ...{ method: window.value, exact: true, bucketWidth: expected.width, runsMatched: runs.length },
      ...{ runsWithPoints: sum('runsWithPoints'), points: sum('points'), superseded: sum('superseded') },
      ...{ otherGroups: expected.otherGroups, otherRuns: expected.otherRuns, watermark: 'now' },
    },
    where,
  )
  assert.equal(answer.groups.length, expected.groups.length, where)
  for (const [i, group] of expected.groups.entries()) {
    const given = answer.groups[i]!
    const { label, runs: count, runsWithPoints, buckets } = group
    assert.deepEqual(
      [given.label, given.runs, given.runsWithPoints, given.count],
      [label, count, runsWithPoints, buckets.length],
      where,
    )
    const exact = (name: string, column: string | undefined, wanted: number[]) =>
      assert.deepEqual(unpacked(column), wanted, `${name}: ${where}`)
    exact(
      'steps',
      given.stepsPacked,
      buckets.map(({ start }) => start),
    )
    exact(
      'counts',
      given.countsPacked,
      buckets.map((bucket) => bucket.count),
    )
    exact(
      'nonFinite',
      given.nonFinitePacked,
      buckets.map(({ nonFinite }) => nonFinite),
    )
    // What a run contributes by MEAN is itself a sum.
    const figures = [
      ['min', given.minPacked, buckets.map(({ min }) => min)],
      ['max', given.maxPacked, buckets.map(({ max }) => max)],
      ['median', given.medianPacked, buckets.map(({ median }) => median)],
      ...window.quantiles.map(
        (_, j) =>
          [`quantile ${j}`, given.bands[j]!.valuesPacked, buckets.map(({ quantiles }) => quantiles[j]!)] as const,
      ),
    ] as const
    for (const [name, column, wanted] of figures) {
      if (window.value === 'LAST') exact(name, column, wanted.map(withoutSign))
      else
        for (const [k, value] of unpacked(column).entries())
          assertClose(value, wanted[k]!, scaleOf(buckets[k]!), `${name}: ${where}`)
    }
    for (const [name, column, wanted] of [
      ['mean', given.meanPacked, buckets.map(({ mean }) => mean)],
      ['deviation', given.standardDeviationPacked, buckets.map(({ deviation }) => deviation)],
    ] as const) {
      for (const [k, value] of unpacked(column).entries())
        assertClose(value, wanted[k]!, scaleOf(buckets[k]!), `${name}: ${where}`)
    }
  }
}

/** Zeros of either sign are equal and come in either order. */
const withoutSign = (value: number) => value + 0
const scaleOf = ({ min, max }: { min: number; max: number }) => 8 * Math.max(Math.abs(min), Math.abs(max))

function unpacked(column: string | undefined): number[] {
  assert.ok(column !== undefined)
  const bytes = Buffer.from(column, 'base64')
  const numbers = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  return Array.from(numbers, withoutSign)
}

if (process.argv[1] === import.meta.filename) {
  const [seed = 1, projects = 200] = process.argv.slice(2).map(Number)
  const store = await openTestStore()
  try {
    console.log(`${await fuzzGroups(store, seed, projects)} answers are right`)
  } finally {
    await store.close()
  }
}
