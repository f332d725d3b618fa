import type { PageRun } from '../columns/leaderboards.ts'
import type { Context } from '../context.ts'
import { type Derived, derivedPoints, refuseManyPoints } from '../sql/derived-figures.ts'
import { ask, integers, numbers, texts } from '../sql/read.ts'
import { runRecords } from '../sql/run-columns.ts'
import type { Cursor } from '../sql/run-order.ts'
import { runRowsOf } from '../sql/run-rows.ts'
import { type RunsQuestion, runsCount, runsPage } from '../sql/runs-page.ts'
import type { Maybe } from './inputs.ts'
import { createRun, type RunRow, readRuns } from './run-row.ts'

export type PlacedRun = { readonly run: RunRow; readonly place: Cursor }

export type RunsPage = {
  readonly runs: readonly PlacedRun[]
  /** How many runs pass the filter; asked for only when it is not known. */
  readonly count: () => number | Promise<number>
}

/** Times a page is made anew because one of its runs changed while it was fetched; after that the newer row is shown. */
const triesPerPage = 2

/** One page of a project's runs: from memory where the project is kept there, otherwise by SQL. */
export async function askRunsPage(question: RunsQuestion, at: Maybe<string>, context: Context): Promise<RunsPage> {
  for (let tries = 1; ; tries++) {
    const page = await context.leaderboards.page(question)
    if (!page) return pageBySql(question, at, context)
    const { runs, changed } = await fetchRuns(question.project, page.runs, at, context)
    if (!changed || tries === triesPerPage) return { runs, count: () => page.count }
  }
}

async function pageBySql(question: RunsQuestion, at: Maybe<string>, context: Context): Promise<RunsPage> {
  const { project, filter } = question
  const statement = runsPage(question)
  await refuseManyDerived(project, statement.derived, context)
  const answer = await ask(context.reader, statement, context.readOptions)
  const ranks = numbers(answer, 'sortRank')
  const keys =
    answer.columns.get('sortKey') instanceof Float64Array ? numbers(answer, 'sortKey') : texts(answer, 'sortKey')
  const figures = answer.columns.has('sortFigures') ? numbers(answer, 'sortFigures') : undefined
  const perRun = (figures?.length ?? 0) / answer.rows
  const runs = readRuns(answer, project, at).map((run, row) => {
    const [rank, key] = [ranks[row]!, keys[row]!]
    const computed = rank === 0 ? figures?.subarray(row * perRun, (row + 1) * perRun) : undefined
    return { run, place: { rank, key: computed ? [...computed] : key, run: run.run } }
  })
  if (question.fromEnd) runs.reverse()
  const countRuns = () => ask(context.reader, runsCount(project, filter), context.readOptions)
  return { runs, count: async () => numbers(await countRuns(), 'count')[0] ?? 0 }
}

/** @throws TOO_COSTLY, before any point is read */
export async function refuseManyDerived(
  project: string,
  derived: readonly Derived[],
  context: Pick<Context, 'reader' | 'readOptions'>,
): Promise<void> {
  const asked = derived.map((each) => ask(context.reader, derivedPoints(project, each), context.readOptions))
  const points = (await Promise.all(asked)).map((answer) => numbers(answer, 'points')[0] ?? 0)
  refuseManyPoints(points.reduce((sum, each) => sum + each, 0))
}

type Fetched = { readonly run: RunRow; readonly version: number }

/** What is shown of the runs of a page. `changed`: some row is younger than what the page was made of. */
export async function fetchRuns(
  project: string,
  page: readonly PageRun[],
  at: Maybe<string>,
  context: Context,
): Promise<{ runs: PlacedRun[]; changed: boolean }> {
  const found = new Map<bigint, Fetched>()
  for (const { key, version, shown } of page) if (shown) found.set(key, { run: createRun(project, shown, at), version })
  await fetchRecords(project, page, found, at, context)
  const late = page.filter(({ key, version }) => !((found.get(key)?.version ?? -1) >= version))
  if (late.length > 0) {
    const rows = runRowsOf(
      project,
      late.map(({ run }) => run),
    )
    const answer = await ask(context.reader, rows, context.readOptions)
    const keys = new Map(late.map(({ run, key }) => [run, key]))
    const versions = numbers(answer, 'version')
    for (const [row, run] of readRuns(answer, project, at).entries())
      found.set(keys.get(run.run)!, { run, version: versions[row]! })
  }
  const runs = page.map(({ key, place }) => ({ run: found.get(key)!.run, place }))
  return { runs, changed: page.some(({ key, version }) => found.get(key)!.version > version) }
}

type Record = [string, string, string, number, number, unknown, unknown]

/** Finds those that are not found yet, in `run_records`; of several rows of one run the last one counts. */
async function fetchRecords(
  project: string,
  page: readonly PageRun[],
  found: Map<bigint, Fetched>,
  at: Maybe<string>,
  context: Context,
): Promise<void> {
  const wanted = new Map(page.filter(({ key }) => !found.has(key)).map((run) => [run.key, run]))
  if (wanted.size === 0) return
  const answer = await ask(context.reader, runRecords([...wanted.keys()]), context.readOptions)
  const [keys, records] = [integers(answer, 'key'), texts(answer, 'record')]
  const [versions, blocks] = [numbers(answer, 'version'), numbers(answer, 'block')]
  const rows = Array.from(records.keys()).sort((a, b) => versions[a]! - versions[b]! || blocks[a]! - blocks[b]!)
  const newest = new Map(rows.map((row) => [keys[row]!, row]))
  for (const [key, row] of newest) {
    const [run, name, state, created, updated, params, tags] = JSON.parse(records[row]!) as Record
    const fields = { run, name, state, created, updated, params: () => params, tags: () => tags }
    const [version, { keep, ...asked }] = [versions[row]!, wanted.get(key)!]
    found.set(key, { run: createRun(project, fields, at), version })
    if (version >= asked.version) keep?.(version, fields, records[row]!)
  }
}
