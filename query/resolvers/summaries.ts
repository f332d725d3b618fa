import type { GraphQLResolveInfo } from 'graphql'
import { limits } from '../../schema/limits.ts'
import type { Context } from '../context.ts'
import { failure } from '../failures.ts'
import { arrive } from './arrive.ts'
import { type Maybe, rowsIn } from './inputs.ts'
import type { RunRow } from './run-row.ts'
import { selectedFields } from './selected.ts'
import { columnsFor, type Summary } from './summary.ts'

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
