import assert from 'node:assert/strict'
import { createClient, Points, unpack } from '../client/typescript/index.ts'
import { type Asked, fetchFrom } from './harness.ts'

export type GraphAnswer = {
  readonly status: number
  readonly data: unknown
  readonly errors: readonly { message: string; extensions: { code: string; retryable: boolean } }[]
}

export async function graphql(
  server: Asked,
  query: string,
  variables: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<GraphAnswer> {
  const response = await fetchFrom(server, '/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  const answer = (await response.json()) as Partial<GraphAnswer>
  return { status: response.status, data: answer.data, errors: answer.errors ?? [] }
}

/** The answer's data. @throws when there is any error */
export async function ask<T>(server: Asked, query: string, variables: object = {}): Promise<T> {
  const { data, errors } = await graphql(server, query, variables)
  assert.deepEqual(errors, [], `asked ${JSON.stringify(variables).slice(0, 300)}`)
  return data as T
}

export type Point = readonly [step: number, value: number]

/** Asks once: what a test expects of a server that breaks, it says itself. */
function clientOf(server: Asked) {
  const ask = ((path: string, init: RequestInit) => fetchFrom(server, path, init)) as typeof fetch
  return createClient({ url: '/graphql', fetch: ask, attempts: 1 })
}

/**
 * Every point of some metrics of a run, each as often as it is stored, by step and then in the order of logging. A range that is
 * too long to come back whole is asked in halves.
 */
export async function readPoints(
  server: Asked,
  series: { project: string; run: string; metrics: readonly string[]; at?: string },
): Promise<Map<string, Point[]>> {
  const { project, run, metrics, at } = series
  const client = clientOf(server)
  const found = new Map<string, Point[]>(metrics.map((metric) => [metric, []]))
  async function read(names: readonly string[], fromStep: number, toStep: number): Promise<void> {
    const input = {
      project,
      runs: [run],
      metrics: names,
      at,
      fromStep,
      toStep,
      buckets: 2000,
      repeated: 'ALL' as const,
    }
    const answer = await client.ask(Points, { input })
    const whole = answer.series.filter((one) => one.receipt.exact)
    for (const one of whole) {
      const values = unpack(one.valuesPacked)
      const points = Array.from(unpack(one.stepsPacked), (step, i): Point => [step, values[i]!])
      found.get(one.metric)!.push(...points)
    }
    const long = answer.series.filter((one) => !one.receipt.exact).map((one) => one.metric)
    if (long.length === 0) return
    // Where the reduced curve has points is where to cut.
    const steps = unpack(answer.series.find((one) => one.metric === long[0])!.stepsPacked)
    const middle = steps[Math.floor(steps.length / 2)]!
    await read(long, fromStep, middle - 1)
    await read(long, middle, toStep)
  }
  for (let at = 0; at < metrics.length; at += 400) {
    await read(metrics.slice(at, at + 400), -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  }
  return found
}

/** A metric's summary; values as JSON has them, non-finite ones as texts. */
export type Summary = {
  name: string
  count: number
  firstStep: number
  lastStep: number
  last: number | string
  min: number | null
  max: number | null
  minStep: number | null
  maxStep: number | null
  nan: number
  positiveInfinity: number
  negativeInfinity: number
  firstNonFiniteStep: number | null
}

export type RunAnswer = {
  name: string
  state: string
  params: Record<string, unknown>
  tags: Record<string, string>
  points: number
  metricCount: number
  metrics: Summary[]
}

const runQuery = `query ($project: String!, $run: String!, $at: String, $after: String) {
  run(project: $project, run: $run, at: $at) { name state params tags points metricCount metrics(first: 500, after: $after) {
    name count firstStep lastStep last min max minStep maxStep nan positiveInfinity negativeInfinity firstNonFiniteStep } } }`

/** A run with all its metrics; undefined when there is none. */
export async function readRun(
  server: Asked,
  project: string,
  run: string,
  at?: string,
): Promise<RunAnswer | undefined> {
  const metrics: Summary[] = []
  for (;;) {
    const after = metrics.at(-1)?.name
    const answer = await ask<{ run: RunAnswer | null }>(server, runQuery, { project, run, at, after })
    if (!answer.run) return undefined
    metrics.push(...answer.run.metrics)
    if (answer.run.metrics.length < 500) return { ...answer.run, metrics }
  }
}

/** What the summary of these points, in order of logging within each step, must be. */
export function summaryOf(name: string, points: readonly Point[]): Summary {
  const finite = points.filter(([, value]) => Number.isFinite(value))
  const odd = points.filter(([, value]) => !Number.isFinite(value))
  const lowest = finite.reduce<Point | undefined>(
    (best, point) => (best && best[1] <= point[1] ? best : point),
    undefined,
  )
  const highest = finite.reduce<Point | undefined>(
    (best, point) => (best && best[1] >= point[1] ? best : point),
    undefined,
  )
  const last = points.at(-1)!
  return {
    name,
    count: points.length,
    firstStep: points[0]![0],
    lastStep: last[0],
    last: shown(last[1]),
    min: lowest ? Number(shown(lowest[1])) : null,
    max: highest ? Number(shown(highest[1])) : null,
    minStep: lowest?.[0] ?? null,
    maxStep: highest?.[0] ?? null,
    nan: odd.filter(([, value]) => Number.isNaN(value)).length,
    positiveInfinity: odd.filter(([, value]) => value > 0).length,
    negativeInfinity: odd.filter(([, value]) => value < 0).length,
    firstNonFiniteStep: odd[0]?.[0] ?? null,
  }
}

/** As JSON shows it: no -0. */
const shown = (value: number): number | string => (Number.isFinite(value) ? value + 0 : String(value))

/** Equal to the bit, but for the payload of NaN. */
export function samePoints(actual: readonly Point[], expected: readonly Point[], message: string): void {
  assert.equal(actual.length, expected.length, `${message}: number of points`)
  for (const [i, [step, value]] of expected.entries()) {
    const [actualStep, actualValue] = actual[i]!
    assert.ok(
      Object.is(actualStep, step) && Object.is(actualValue, value),
      `${message}: point ${i} is ${actualStep}: ${actualValue}, not ${step}: ${value}`,
    )
  }
}

/** The value of one line of `/metrics`, labels and all; NaN when it is not there. */
export async function metricValue(server: Asked, line: string): Promise<number> {
  const text = await (await fetchFrom(server, '/metrics')).text()
  const found = text.split('\n').find((one) => one.startsWith(`${line} `))
  return found ? Number(found.slice(line.length + 1)) : Number.NaN
}
