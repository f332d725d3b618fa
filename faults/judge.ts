import { isDeepStrictEqual } from 'node:util'
import { checksumSql, mixers } from '../bench/checksum.ts'
import { pointsCountSql } from '../schema/fence.ts'
import { runKey } from '../schema/keys.ts'
import { type ApiAnswers, compareAnswers } from './answers-of-api.ts'
import { frameSql, type Sql } from './exact.ts'
import { createFrameMaker } from './frame.ts'
import { type Expected, type FrameRow, judgeRun } from './judge-run.ts'
import type { Ledger } from './ledger.ts'
import { project, type RunPlan } from './plan.ts'
import { bitsSql, seriesColumns, seriesRow } from './summary.ts'
import { updateOf } from './updates.ts'
import { createVerdict, note, type Verdict } from './verdict.ts'

/** Frames that are compared at a time: bounds what one question to the store gives back. */
const framesPerSlice = 20_000

/**
 * Compares the whole store with what was sent: every point by checksums of its frame, and where those differ bit by bit; then
 * summaries and, where given, the API's answers with what the stored points come to.
 */
export async function judge(
  ledger: Ledger,
  sql: Sql,
  answers: ApiAnswers | undefined,
  onProgress: (runs: number) => void = () => {},
): Promise<Verdict> {
  const verdict = createVerdict()
  const make = createFrameMaker(ledger.plan)
  const update = (lane: Parameters<typeof updateOf>[1], seq: number) => updateOf(ledger.plan, lane, seq)
  let judged = 0
  for (const runs of slices(ledger)) {
    const rows = await frameRows(sql, runs)
    const expected: Expected[] = []
    for (const { run, lanes } of runs) {
      const own = lanes.map((lane) => ledger.lanes[lane.index]!)
      const found = rows.get(String(runKey(project, run))) ?? []
      expected.push(await judgeRun(verdict, { run, lanes: own, rows: found, make, update, sql }))
    }
    await judgeSummaries(verdict, sql, expected)
    if (answers) for (const one of expected) compareAnswers(verdict, answers, one, make)
    judged += runs.length
    onProgress(judged)
  }
  await judgeRest(verdict, sql)
  return verdict
}

/** Runs in groups of at most about `framesPerSlice` frames. */
function* slices(ledger: Ledger): Generator<RunPlan[]> {
  let slice: RunPlan[] = []
  let frames = 0
  for (const run of ledger.plan.planned) {
    slice.push(run)
    frames += run.lanes.reduce((sum, lane) => sum + ledger.lanes[lane.index]!.next, 0)
    if (frames < framesPerSlice && slice.length < 500) continue
    yield slice
    slice = []
    frames = 0
  }
  if (slice.length > 0) yield slice
}

async function frameRows(sql: Sql, runs: readonly RunPlan[]): Promise<Map<string, FrameRow[]>> {
  const value = bitsSql('value')
  const rows = await sql<FrameRow>(`
    SELECT toString(run) AS run_key, toString(${frameSql}) AS frame, toString(count()) AS rows, toString(min(ord)) AS first_ord,
      ${checksumSql(mixers[0], value)} AS a, ${checksumSql(mixers[1], value)} AS b
    FROM point_values WHERE run IN (${runs.map(({ run }) => runKey(project, run)).join()})
    GROUP BY run, ${frameSql}`)
  return grouped(rows, (row) => row.run_key)
}

function grouped<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group) group.push(row)
    else groups.set(keyOf(row), [row])
  }
  return groups
}

type SeriesRow = { run: string; metric: string } & Record<`${string}_text`, string>
type StateRow = { run: string; points: string; metrics: number }

async function judgeSummaries(verdict: Verdict, sql: Sql, expected: readonly Expected[]): Promise<void> {
  const chosen = `project = '${project}' AND run IN (${expected.map(({ run }) => `'${run}'`).join()})`
  const series = await sql<SeriesRow>(`SELECT run, metric, ${seriesColumns} FROM series FINAL WHERE ${chosen}`)
  const states = await sql<StateRow>(
    `SELECT run, toString(points) AS points, metrics FROM run_state FINAL WHERE ${chosen}`,
  )
  const byRun = grouped(series, (row) => row.run)
  const stateOf = new Map(states.map((row) => [row.run, row]))
  for (const { run, points, summaries } of expected) {
    const found = new Map((byRun.get(run) ?? []).map((row) => [row.metric, row]))
    for (const metric of new Set([...summaries.keys(), ...found.keys()])) {
      const summary = summaries.get(metric)
      compareSummary(verdict, run, metric, summary && seriesRow(summary), found.get(metric))
    }
    const wanted = summaries.size === 0 ? undefined : { points: String(points), metrics: summaries.size }
    const state = stateOf.get(run)
    const shown = state && { points: state.points, metrics: state.metrics }
    if (isDeepStrictEqual(wanted, shown)) continue
    verdict.wrongSummaries++
    note(verdict, { what: 'summary', run, expected: JSON.stringify(wanted), found: JSON.stringify(shown) })
  }
}

function compareSummary(
  verdict: Verdict,
  run: string,
  metric: string,
  expected: Record<string, string> | undefined,
  found: SeriesRow | undefined,
): void {
  const wrong = Object.keys(expected ?? {}).filter((name) => expected?.[name] !== found?.[`${name}_text`])
  if (expected && found && wrong.length === 0) return
  verdict.wrongSummaries++
  const tell = (value: (name: string) => string | undefined) => wrong.map((name) => `${name} ${value(name)}`).join(', ')
  note(verdict, {
    ...{ what: 'summary', run, metric },
    expected: expected ? tell((name) => expected[name]) : 'nothing',
    found: found ? tell((name) => found[`${name}_text`]) || 'a row' : 'nothing',
  })
}

/** What belongs to no run of ours, and what the sinks could not store. */
async function judgeRest(verdict: Verdict, sql: Sql): Promise<void> {
  const [total] = await sql<{ rows: string }>(`SELECT toString(${pointsCountSql}) AS rows`)
  const strangers = Number(total?.rows) - verdict.stored
  if (strangers !== 0) {
    verdict.unsent += Math.abs(strangers)
    note(verdict, { what: 'unsent', run: 'none of ours', expected: 'no points', found: `${strangers} points` })
  }
  const letters = await sql<{ run: string; reason: string; detail: string; letters: string }>(
    `SELECT run, reason, min(detail) AS detail, toString(count()) AS letters FROM dead_letters FINAL GROUP BY run, reason`,
  )
  for (const { run, reason, detail, letters: count } of letters) {
    verdict.deadLetters += Number(count)
    note(verdict, { what: 'dead letter', run, expected: 'none', found: `${count} of ${reason}: ${detail}` })
  }
}
