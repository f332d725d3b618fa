import type { GraphQLResolveInfo } from 'graphql'
import { limits } from '../../schema/limits.ts'
import type { Columns } from '../../schema/store.ts'
import type { Context } from '../context.ts'
import { failure } from '../failures.ts'
import { numbers, texts } from '../sql/read.ts'
import { type SummaryName, summaryNames } from '../sql/summaries.ts'
import { arrive } from './arrive.ts'
import { type Maybe, rowsIn } from './inputs.ts'
import type { RunRow } from './run.ts'
import { selectedFields } from './selected.ts'

/** One metric's summary as the SDL has it; what was not asked for is undefined. */
export type Summary = { readonly project: string; readonly run: string; readonly name: string } & SummaryFigures
export type SummaryFigures = {
  readonly [name in Exclude<SummaryName, Nullable>]: number
} & { readonly [name in Nullable]: number | null }
type Nullable = 'min' | 'minStep' | 'max' | 'maxStep' | 'firstNonFiniteStep'

/** What has to be read for it: whether there is a lowest value says whether there is any. */
export function columnsFor(fields: ReadonlySet<string>): readonly SummaryName[] {
  const needsMin = (['min', 'minStep', 'max', 'maxStep'] as const).some((name) => fields.has(name))
  return summaryNames.filter((name) => fields.has(name) || (name === 'min' && needsMin))
}

/** Rows of `runSummaries` of a project, by run. */
export function readSummaries(
  answer: Columns,
  project: string,
  fields: readonly SummaryName[] = summaryNames,
): Map<string, Summary[]> {
  const [runs, metrics] = [texts(answer, 'run'), texts(answer, 'metric')]
  const columns = Object.fromEntries(fields.map((name) => [name, numbers(answer, name)])) as SummaryColumns
  const byRun = new Map<string, Summary[]>()
  for (const [row, run] of runs.entries()) {
    const summaries = byRun.get(run) ?? []
    summaries.push({ project, run, name: metrics[row]!, ...figuresAt(columns, row) })
    byRun.set(run, summaries)
  }
  return byRun
}

type SummaryColumns = Partial<Record<SummaryName, ArrayLike<number>>>

/** `columns` has NaN where there is no figure. */
export function figuresAt(columns: SummaryColumns, row: number): SummaryFigures {
  const at = (name: SummaryName) => columns[name]?.[row] as number
  const finite = !Number.isNaN(at('min'))
  const first = at('firstNonFiniteStep')
  return {
    count: at('count'),
    firstStep: at('firstStep'),
    lastStep: at('lastStep'),
    lastTime: at('lastTime'),
    last: at('last'),
    min: finite ? at('min') : null,
    minStep: finite ? at('minStep') : null,
    max: finite ? at('max') : null,
    maxStep: finite ? at('maxStep') : null,
    nan: at('nan'),
    positiveInfinity: at('positiveInfinity'),
    negativeInfinity: at('negativeInfinity'),
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

export async function resolveMetrics(
  run: RunRow,
  input: MetricsInput,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<readonly Summary[]> {
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
    fields: columnsFor(selectedFields(info)),
    at: run.at ?? null,
  })
}
