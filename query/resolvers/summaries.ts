import { limits } from '../../schema/limits.ts'
import type { Columns } from '../../schema/store.ts'
import type { Context } from '../context.ts'
import { failure } from '../failures.ts'
import { numbers, texts } from '../sql/read.ts'
import { arrive } from './arrive.ts'
import { type Maybe, rowsIn } from './inputs.ts'
import type { RunRow } from './run.ts'

export type Summary = ReturnType<typeof summaryAt>

const summaryNumbers = [
  'count',
  'firstStep',
  'lastStep',
  'lastTime',
  'last',
  'min',
  'minStep',
  'max',
  'maxStep',
  'nan',
  'positiveInfinity',
  'negativeInfinity',
  'firstNonFiniteStep',
] as const

/** Rows of `runSummaries` of a project, by run. */
export function readSummaries(answer: Columns, project: string): Map<string, Summary[]> {
  const [runs, metrics] = [texts(answer, 'run'), texts(answer, 'metric')]
  const columns = Object.fromEntries(summaryNumbers.map((name) => [name, numbers(answer, name)])) as SummaryColumns
  const byRun = new Map<string, Summary[]>()
  for (const [row, run] of runs.entries()) {
    const summaries = byRun.get(run) ?? []
    summaries.push(summaryAt(columns, { project, run, name: metrics[row]! }, row))
    byRun.set(run, summaries)
  }
  return byRun
}

type SummaryColumns = Record<(typeof summaryNumbers)[number], Float64Array>

type MetricPlace = { readonly project: string; readonly run: string; readonly name: string }

function summaryAt(columns: SummaryColumns, { project, run, name }: MetricPlace, row: number) {
  const finite = !Number.isNaN(columns.min[row]!)
  const first = columns.firstNonFiniteStep[row]!
  return {
    ...{ project, run, name },
    count: columns.count[row]!,
    firstStep: columns.firstStep[row]!,
    lastStep: columns.lastStep[row]!,
    lastTime: columns.lastTime[row]!,
    last: columns.last[row]!,
    min: finite ? columns.min[row]! : null,
    minStep: finite ? columns.minStep[row]! : null,
    max: finite ? columns.max[row]! : null,
    maxStep: finite ? columns.maxStep[row]! : null,
    nan: columns.nan[row]!,
    positiveInfinity: columns.positiveInfinity[row]!,
    negativeInfinity: columns.negativeInfinity[row]!,
    firstNonFiniteStep: Number.isNaN(first) ? null : first,
  }
}

export type MetricsInput = {
  readonly names?: Maybe<readonly string[]>
  readonly startsWith?: Maybe<string>
  readonly first?: Maybe<number>
  readonly after?: Maybe<string>
}

/** How many metrics of a run are asked for. */
export function metricsIn({ names, first }: MetricsInput): number {
  if (names && names.length > limits.metricNamesPerQuestion)
    throw failure('BAD_INPUT', `names has more than ${limits.metricNamesPerQuestion} items`)
  return rowsIn(first, 100)
}

export async function resolveMetrics(run: RunRow, input: MetricsInput, context: Context): Promise<readonly Summary[]> {
  const { names } = input
  const rows = metricsIn(input)
  if (names?.length === 0) return []
  await arrive(context, run.at, true)
  const [startsWith, after] = [input.startsWith ?? '', input.after ?? '']
  return context.runLoaders.summaries({
    project: run.project,
    run: run.run,
    names: names ?? [],
    startsWith,
    after,
    rows,
  })
}
