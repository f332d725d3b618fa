import type { GraphQLResolveInfo } from 'graphql'
import type { Context } from '../context.ts'
import { arrive } from './arrive.ts'
import { currencyOf } from './currency.ts'
import { type DrawingInput, drawingOf } from './drawing.ts'
import type { Maybe } from './inputs.ts'
import type { RunRow } from './run-row.ts'
import { selectsAny } from './selected.ts'
import { loadSeries, type SeriesAnswer } from './series-load.ts'
import { refuseUnknownRuns } from './unknown-runs.ts'

export type SeriesInput = DrawingInput & {
  readonly project: string
  readonly runs: readonly string[]
  readonly at?: Maybe<string>
}

export async function resolveSeries(
  _: unknown,
  { input }: { input: SeriesInput },
  context: Context,
  info: GraphQLResolveInfo,
) {
  const { project, runs } = input
  const drawing = drawingOf(input, { project, run: runs.length === 1 ? runs[0] : undefined })
  const question = { project, runs, ...drawing, times: asksForTimes(info) }
  await arrive(context, input.at, false)
  const currency = await currencyOf(context.watermark)
  const { hasPoints, seriesOf } = await loadSeries(context, question)
  await refuseUnknownRuns(context, project, runs, hasPoints)
  return runs.flatMap((run) => seriesOf(run, currency))
}

const asksForTimes = (info: GraphQLResolveInfo) => selectsAny(info, ['times', 'timesPacked'])

export async function resolveRunSeries(
  run: RunRow,
  input: DrawingInput,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<readonly SeriesAnswer[]> {
  const { project } = run
  const drawing = drawingOf(input, { project, run: run.run })
  return context.seriesLoader({ project, run: run.run, ...drawing, times: asksForTimes(info) })
}
