import type { Context } from '../context.ts'
import { ask } from '../sql/read.ts'
import { runRow } from '../sql/run-rows.ts'
import { arrive } from './arrive.ts'
import type { Maybe } from './inputs.ts'
import { type RunRow, readRuns } from './run-row.ts'

export async function resolveRun(
  _: unknown,
  { project, run, at }: { project: string; run: string; at?: Maybe<string> },
  context: Context,
): Promise<RunRow | null> {
  await arrive(context, at, false)
  const answer = await ask(context.reader, runRow(project, run), context.readOptions)
  return readRuns(answer, project, at)[0] ?? null
}

export async function resolvePoints(run: RunRow, _: unknown, context: Context): Promise<number> {
  await arrive(context, run.at, true)
  return (await context.runLoaders.totals(run)).points
}

export async function resolveMetricCount(run: RunRow, _: unknown, context: Context): Promise<number> {
  await arrive(context, run.at, true)
  return (await context.runLoaders.totals(run)).metrics
}
