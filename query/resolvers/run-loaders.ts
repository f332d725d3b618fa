import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { createGroupBatcher } from '../batch.ts'
import type { Leaderboards } from '../columns/leaderboards.ts'
import { ask, numbers, texts } from '../sql/read.ts'
import { runTotals } from '../sql/run-rows.ts'
import { runSummaries, type SummariesQuestion } from '../sql/summaries.ts'
import type { RunRow } from './run-row.ts'
import { summariesInMemory } from './summaries-in-memory.ts'
import { readSummaries, type Summary } from './summary.ts'

type Totals = { readonly points: number; readonly metrics: number }
type SummariesRequest = Required<Omit<SummariesQuestion, 'runs'>> & { readonly run: string; readonly at: string | null }

/** Fields of many runs, one question to the store for each project and set of arguments: of one list, one question. */
export type RunLoaders = {
  readonly totals: (run: RunRow) => Promise<Totals>
  readonly summaries: (request: SummariesRequest) => Promise<readonly Summary[]>
}

/** `askedMs`: when the request came, by `performance.now()`; what it is answered with is not older. */
export function createRunLoaders(
  reader: StoreReader,
  options: ReadOptions,
  leaderboards: Leaderboards,
  askedMs = performance.now(),
): RunLoaders {
  async function loadTotals(runs: readonly RunRow[]): Promise<Totals[]> {
    const answer = await ask(reader, runTotals(runs[0]!.project, idsOf(runs)), options)
    const [points, metrics] = [numbers(answer, 'pointsLogged'), numbers(answer, 'metricsLogged')]
    const totals = texts(answer, 'id').map((id, row) => [id, { points: points[row]!, metrics: metrics[row]! }] as const)
    const byRun = new Map(totals)
    return runs.map(({ run }) => byRun.get(run) ?? { points: 0, metrics: 0 })
  }

  async function loadSummaries(requests: readonly SummariesRequest[]): Promise<(readonly Summary[])[]> {
    const [{ at, ...question }, runs] = [requests[0]!, idsOf(requests)]
    // What a token names came into the store while the request waited for it.
    const sinceMs = at === null ? askedMs : performance.now()
    const byRun =
      (await summariesInMemory(leaderboards, { ...question, runs }, sinceMs)) ??
      readSummaries(await ask(reader, runSummaries({ ...question, runs }), options), question.project, question.fields)
    return requests.map(({ run }) => byRun.get(run) ?? [])
  }

  return {
    totals: createGroupBatcher((run) => run.project, loadTotals),
    summaries: createGroupBatcher(({ run: _, ...rest }) => JSON.stringify(rest), loadSummaries),
  }
}

const idsOf = (items: readonly { run: string }[]) => [...new Set(items.map(({ run }) => run))]
