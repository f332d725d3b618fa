import { limits } from '../../schema/limits.ts'
import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { groupBy } from '../group-by.ts'
import { type RunRow, readRuns } from '../resolvers/run-row.ts'
import { changedRuns, type LiveRuns, summarizedRuns } from '../sql/live-runs.ts'
import { ask, texts } from '../sql/read.ts'
import type { RunFilter } from '../sql/run-filter.ts'
import { runsPage } from '../sql/runs-page.ts'
import type { Cut } from './position.ts'

/** Which runs are watched. */
export type RunsWatch = {
  readonly project: string
  readonly filter: RunFilter
  /** Whether a run also counts as changed when its summaries did. */
  readonly summaries: boolean
}

/** What became of runs in a stretch of the log; undefined: of more than one event may tell. */
export type RunChanges = { readonly changed: readonly RunRow[]; readonly left: readonly string[] } | undefined

/** From one moment to another; the second pair is that of the summaries. */
export type Passage = {
  readonly after: Cut
  readonly upTo: Cut
  readonly flushedAfter: Cut
  readonly flushedUpTo: Cut
}

export const noChanges: RunChanges = { changed: [], left: [] }

/** What became of the runs of each of several lists. Runs that changed are looked for once a project. */
export async function readRunChanges(
  reader: StoreReader,
  watches: readonly RunsWatch[],
  passage: Passage,
  options: ReadOptions,
): Promise<RunChanges[]> {
  const changes = new Map<RunsWatch, RunChanges>()
  const projects = [...groupBy(watches, ({ project }) => project)]
  await Promise.all(
    projects.map(async ([project, some]) => {
      const ids = await readIds(
        reader,
        project,
        passage,
        some.some(({ summaries }) => summaries),
        options,
      )
      await Promise.all(some.map(async (watch) => changes.set(watch, await changesOf(reader, watch, ids, options))))
    }),
  )
  return watches.map((watch) => changes.get(watch))
}

type Ids = { readonly metadata: readonly string[]; readonly summaries: readonly string[] }

async function readIds(
  reader: StoreReader,
  project: string,
  { after, upTo, flushedAfter, flushedUpTo }: Passage,
  withSummaries: boolean,
  options: ReadOptions,
): Promise<Ids> {
  const rows = limits.liveRunsPerEvent + 1
  const read = async (statement: (question: LiveRuns) => ReturnType<typeof changedRuns>, from: Cut, to: Cut) => {
    const moved = to.some((offset, partition) => offset > from[partition]!)
    if (!moved) return []
    return texts(await ask(reader, statement({ project, after: from, upTo: to, rows }), options), 'id')
  }
  const [metadata, summaries] = await Promise.all([
    read(changedRuns, after, upTo),
    withSummaries ? read(summarizedRuns, flushedAfter, flushedUpTo) : [],
  ])
  return { metadata, summaries }
}

async function changesOf(
  reader: StoreReader,
  { project, filter, summaries }: RunsWatch,
  found: Ids,
  options: ReadOptions,
): Promise<RunChanges> {
  const ids = [...new Set([...found.metadata, ...(summaries ? found.summaries : [])])]
  if (ids.length > limits.liveRunsPerEvent) return undefined
  if (ids.length === 0) return noChanges
  const passing = runsPage({
    ...{ project, filter: { and: [filter, { run: { in: ids } }] }, after: undefined, rows: ids.length },
    ...{ before: undefined, fromEnd: false, sort: { by: { field: 'RUN' } } },
  })
  const changed = readRuns(await ask(reader, passing, options), project, undefined)
  const passes = new Set(changed.map(({ run }) => run))
  return { changed, left: ids.filter((id) => !passes.has(id)) }
}

/** What two stretches of the log, one behind the other, make of runs: the later word counts. */
export function joinChanges(before: RunChanges, after: RunChanges): RunChanges {
  if (!before || !after) return undefined
  const later = new Set([...after.changed.map(({ run }) => run), ...after.left])
  const changed = [...before.changed.filter(({ run }) => !later.has(run)), ...after.changed]
  const left = [...before.left.filter((run) => !later.has(run)), ...after.left]
  return changed.length + left.length > limits.liveRunsPerEvent ? undefined : { changed, left }
}
