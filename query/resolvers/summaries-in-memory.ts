import { runKey } from '../../schema/keys.ts'
import type { Leaderboards } from '../columns/leaderboards.ts'
import type { SummariesQuestion, SummaryField, SummaryName } from '../sql/summaries.ts'
import { figuresAt, type Summary } from './summary.ts'

/** What `metric_figures` has of a summary; the rest is in `series` alone. */
const fieldsOf: Partial<Record<SummaryName, SummaryField>> = {
  count: 'COUNT',
  firstStep: 'FIRST_STEP',
  lastStep: 'LAST_STEP',
  last: 'LAST',
  min: 'MIN',
  minStep: 'MIN_STEP',
  max: 'MAX',
  maxStep: 'MAX_STEP',
  firstNonFiniteStep: 'FIRST_NON_FINITE_STEP',
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** What `runSummaries` answers, where all of it is in the columns in memory; undefined where it is not. By run. */
export async function summariesInMemory(
  leaderboards: Leaderboards,
  question: Required<SummariesQuestion>,
  sinceMs: number,
): Promise<Map<string, Summary[]> | undefined> {
  const { project, runs, names, startsWith, after, rows, fields } = question
  const needed = fields.map((name) => fieldsOf[name])
  if (names.length === 0 || needed.includes(undefined)) return undefined
  const metrics = [...new Set(names)]
    .filter((name) => name.startsWith(startsWith) && (after === '' || byBytes(name, after) > 0))
    .sort(byBytes)
  const found = await leaderboards.figures({
    ...{ project, metrics, fields: needed as SummaryField[], sinceMs },
    keys: runs.map((run) => runKey(project, run)),
  })
  if (!found) return undefined
  // A figure that is not there is NaN in the store's answer.
  const column = (values: readonly (number | undefined)[], i: number) => [values[i] ?? Number.NaN]
  return new Map(
    runs.map((run, n) => [
      run,
      found[n]!.slice(0, rows).map(({ metric, figures }) => {
        const columns = Object.fromEntries(fields.map((name, i) => [name, column(figures, i)]))
        return { project, run, name: metric, ...figuresAt(columns, 0) }
      }),
    ]),
  )
}
