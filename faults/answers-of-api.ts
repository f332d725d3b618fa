import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Asked } from '../test/harness.ts'
import { ask, graphql, type Point, type RunAnswer, readPoints } from '../test/read-back.ts'
import type { FrameMaker } from './frame.ts'
import type { Expected } from './judge-run.ts'
import { draw, type Plan, project } from './plan.ts'
import { shownSummary } from './summary.ts'
import { note, type Verdict } from './verdict.ts'

/** What the public API said while it ran. */
export type ApiAnswers = {
  readonly runs: ReadonlyMap<string, Omit<RunAnswer, 'metrics'> & { readonly metrics: readonly object[] }>
  /** Every point of a few runs. */
  readonly points: ReadonlyMap<string, ReadonlyMap<string, readonly Point[]>>
}

/** Points that are read through the API, at most about. */
const pointsRead = 300_000
const metricsPerPage = 500

const pageQuery = `query ($project: String!, $after: String, $at: String) {
  runs(project: $project, first: 100, after: $after, at: $at, sort: { by: { field: RUN } }) {
    nodes { run name state params tags points metricCount metrics(first: ${metricsPerPage}) {
      name count firstStep lastStep last min max minStep maxStep nan positiveInfinity negativeInfinity firstNonFiniteStep } }
    pageInfo { hasNextPage endCursor } } }`
type Page = { runs: { nodes: (RunAnswer & { run: string })[]; pageInfo: { hasNextPage: boolean; endCursor: string } } }

/** How to ask a world's query server; `url` ends with the path of GraphQL. */
export function askedAt(url: string): Asked {
  return { url: url.replace(/\/graphql$/, ''), output: () => '', exited: new Promise(() => {}) }
}

/** A server that has just started may not know yet how far the log goes; one that knows does not refuse what was acknowledged. */
const strangeMs = 3_000

/** Asks until everything up to the token is there. @returns how long that took, ms. @throws NotDrained */
export async function untilDrained(url: string, at: string | undefined, timeoutMs: number): Promise<number> {
  const started = performance.now()
  for (;;) {
    const trouble = await troubleAsking(url, at)
    const tookMs = performance.now() - started
    if (trouble === undefined) return tookMs
    if (trouble.includes('BAD_AT') && tookMs > strangeMs)
      throw new NotDrained(`a token that was acknowledged is refused: ${trouble}`)
    if (tookMs > timeoutMs)
      throw new NotDrained(`not all that was acknowledged is stored in ${timeoutMs} ms: ${trouble}`)
    await sleep(50)
  }
}
export class NotDrained extends Error {}

async function troubleAsking(url: string, at: string | undefined): Promise<string | undefined> {
  try {
    // A question about summaries waits for those too.
    const query = 'query ($at: String) { runs(project: "faults", first: 1, at: $at) { nodes { metrics { count } } } }'
    const { errors } = await graphql(askedAt(url), query, { at })
    return errors.length === 0 ? undefined : JSON.stringify(errors).slice(0, 500)
  } catch (error) {
    return (error as Error).message
  }
}

/**
 * Resolves when the store has not moved for a while, with the token of what it holds: what gateways still had of frames that
 * were given up on is settled then.
 */
export async function untilStill(url: string, stillMs: number, timeoutMs: number): Promise<string> {
  const deadline = performance.now() + timeoutMs
  let before = ''
  for (let since = performance.now(); performance.now() - since < stillMs; await sleep(100)) {
    const { server } = await ask<{ server: { watermark: string } }>(askedAt(url), '{ server { watermark } }')
    if (server.watermark !== before) since = performance.now()
    before = server.watermark
    if (performance.now() > deadline) break
  }
  return before
}

/** Every run with its summaries, and every point of some runs that the seed picks. */
export async function readAnswers(url: string, plan: Plan, at: string | undefined): Promise<ApiAnswers> {
  const asked = askedAt(url)
  const runs = new Map<string, RunAnswer>()
  for (let after: string | undefined, more = true; more; ) {
    const page: Page = await ask<Page>(asked, pageQuery, { project, after, at })
    for (const { run, ...answer } of page.runs.nodes) runs.set(run, answer)
    more = page.runs.pageInfo.hasNextPage
    after = page.runs.pageInfo.endCursor
  }
  const points = new Map<string, Map<string, Point[]>>()
  let read = 0
  for (let tried = 0; tried < plan.runs * 2 && read < pointsRead; tried++) {
    const { run, lanes } = plan.planned[draw(plan.seed, tried, 60) % plan.runs]!
    if (points.has(run) || !runs.has(run)) continue
    const metrics = [...new Set(lanes.flatMap((lane) => lane.shape.metrics))]
    const found = await readPoints(asked, { project, run, metrics, ...(at === undefined ? {} : { at }) })
    points.set(run, found)
    for (const list of found.values()) read += list.length
  }
  return { runs, points }
}

/** Compares what the API said of a run with what its stored frames come to. */
export function compareAnswers(verdict: Verdict, answers: ApiAnswers, expected: Expected, make: FrameMaker): void {
  const { run, metadata, points, summaries } = expected
  const answer = answers.runs.get(run)
  if (answer === undefined || summaries.size === 0) {
    if (answer === undefined && summaries.size === 0) return
    verdict.wrongAnswers++
    note(verdict, { what: 'api', run, expected: `${points} points`, found: answer ? 'a run' : 'no run' })
    return
  }
  const { name, state, params, tags } = answer
  const wanted = {
    ...{ name: metadata.name, state: metadata.state.toUpperCase() },
    ...{ params: Object.fromEntries(metadata.params), tags: Object.fromEntries(metadata.tags) },
  }
  if (!isDeepStrictEqual({ name, state, params, tags }, wanted)) {
    verdict.wrongMetadata++
    const found = JSON.stringify({ name, state, params, tags })
    note(verdict, { what: 'metadata', run, expected: JSON.stringify(wanted), found })
  }
  const counts = [points, summaries.size]
  if (!isDeepStrictEqual([answer.points, answer.metricCount], counts)) {
    verdict.wrongAnswers++
    note(verdict, { what: 'api', run, expected: `${counts}`, found: `${answer.points},${answer.metricCount}` })
  }
  compareShown(verdict, expected, answer.metrics)
  const read = answers.points.get(run)
  if (read) comparePoints(verdict, expected, read, make)
}

function compareShown(verdict: Verdict, { run, summaries }: Expected, metrics: readonly object[]): void {
  const found = new Map(metrics.map((one) => [(one as { name: string }).name, one]))
  for (const [metric, summary] of summaries) {
    const wanted = shownSummary(metric, summary)
    if (isDeepStrictEqual(found.get(metric), wanted)) continue
    verdict.wrongAnswers++
    const shown = JSON.stringify(found.get(metric)) ?? 'nothing'
    note(verdict, { what: 'api', run, metric, expected: JSON.stringify(wanted), found: shown })
  }
}

function comparePoints(
  verdict: Verdict,
  { run, order }: Expected,
  read: ReadonlyMap<string, readonly Point[]>,
  make: FrameMaker,
): void {
  const wanted = new Map<string, Point[]>()
  for (const { of, seq } of order) {
    const frame = make(of.lane, seq)
    of.lane.shape.metrics.forEach((metric, m) => {
      const list = wanted.get(metric) ?? []
      wanted.set(metric, list)
      for (let i = 0; i < frame.count; i++) {
        list.push([frame.firstStep + i * of.lane.stride, frame.values[m * frame.count + i]!])
      }
    })
  }
  for (const [metric, list] of wanted) {
    // By step, and within one in the order of the log, which a stable sort keeps.
    list.sort((one, other) => one[0] - other[0])
    const found = read.get(metric) ?? []
    const at = list.findIndex(([step, value], i) => !Object.is(found[i]?.[0], step) || !Object.is(found[i]?.[1], value))
    if (at < 0 && found.length === list.length) continue
    verdict.wrongAnswers++
    const place = { what: 'api', run, metric } as const
    if (at < 0) note(verdict, { ...place, expected: `${list.length} points`, found: `${found.length}` })
    else note(verdict, { ...place, step: list[at]![0], expected: `${list[at]}`, found: `${found[at]}` })
  }
}
