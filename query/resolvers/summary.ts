import type { Columns } from '../../schema/store.ts'
import { numbers, texts } from '../sql/read.ts'
import { type SummaryName, summaryNames } from '../sql/summaries.ts'

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
