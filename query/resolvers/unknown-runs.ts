import type { Context } from '../context.ts'
import { failure } from '../failures.ts'
import { knownRuns } from '../sql/known-runs.ts'
import { ask, texts } from '../sql/read.ts'

/** A run with points is known by them; only the others are looked up. */
export async function refuseUnknownRuns(
  context: Context,
  project: string,
  runs: readonly string[],
  hasPoints: (run: string) => boolean,
): Promise<void> {
  const asked = [...new Set(runs)].filter((run) => !hasPoints(run))
  if (asked.length === 0) return
  const known = new Set(texts(await ask(context.reader, knownRuns(project, asked), context.readOptions), 'run'))
  const unknown = asked.filter((run) => !known.has(run))
  if (unknown.length === 0) return
  const shown = unknown
    .slice(0, 10)
    .map((run) => JSON.stringify(run))
    .join(', ')
  const others = unknown.length > 10 ? ` and ${unknown.length - 10} more` : ''
  throw failure('UNKNOWN_RUN', `project ${JSON.stringify(project)} has no run ${shown}${others}`)
}
