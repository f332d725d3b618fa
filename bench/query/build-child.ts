import { createProgress } from '../progress.ts'
import { openStoppedStore, type Store } from '../store.ts'
import { type Block, pointBlocks } from './curve-rows.ts'
import { summaryBlocks } from './curve-summaries.ts'
import { curveProjects, makePlan, type PlanSpec } from './plan.ts'
import { buildRuns, metricCount } from './runs-data.ts'

export type BuildJob = { readonly dataDirectory: string; readonly spec: PlanSpec }
export type BuildAnswer = {
  readonly points: number
  readonly pointSeconds: number
  readonly runs: number
  readonly summaries: number
  readonly runSeconds: number
  /** Until the merges that were under way had ended. */
  readonly mergeSeconds: number
}

/** What the sink stores of each summary by metric as well. */
const figuresSql = `
INSERT INTO metric_figures
SELECT project, metric_key, run_key, count, first_step, last_step, last, min, min_step, max, max_step,
  nan_count + positive_infinity_count + negative_infinity_count, ifNull(first_nonfinite_step, 0), version
FROM series WHERE project = {project:String}`

const blocksAtOnce = 3

/** Puts the bulk of the data straight into the store of a server that has stopped, block by block as a sink does. */
process.once('message', async ({ dataDirectory, spec }: BuildJob) => {
  const progress = createProgress(process.stderr)
  const plan = makePlan(spec)
  const store = await openStoppedStore(dataDirectory)
  const inserts = createInserts(store)
  const began = performance.now()
  let points = 0
  for (const project of curveProjects(plan).filter(({ way }) => way === 'store')) {
    for (const block of pointBlocks(project)) {
      await inserts.add(block)
      points += block.rows
      progress.update(`${(points / 1e6).toFixed(0)} M points in the store`)
    }
    for (const block of summaryBlocks(project)) await inserts.add(block)
    await inserts.ended()
    await store.command(figuresSql, { project: project.project })
  }
  await inserts.ended()
  const pointsDone = performance.now()
  let runs = 0
  for (const project of plan.leaderboards) {
    await buildRuns(store, project, (built) => {
      progress.update(`${(built / 1e3).toFixed(0)} k of ${(project.runs / 1e3).toFixed(0)} k runs in the store`)
    })
    runs += project.runs
  }
  const runsDone = performance.now()
  progress.update('waiting for merges')
  await untilMerged(store)
  const answer: BuildAnswer = {
    points,
    pointSeconds: (pointsDone - began) / 1_000,
    runs,
    summaries: runs * metricCount,
    runSeconds: (runsDone - pointsDone) / 1_000,
    mergeSeconds: (performance.now() - runsDone) / 1_000,
  }
  await store.close()
  process.send?.(answer, () => process.disconnect())
})

/** A few inserts under way: most of one is waiting for the disk. */
function createInserts(store: Store) {
  const underWay = new Set<Promise<void>>()
  return {
    async add({ table, rows, columns }: Block): Promise<void> {
      if (underWay.size >= blocksAtOnce) await Promise.race(underWay)
      const insert = store.insertBlock(table, rows, columns).finally(() => underWay.delete(insert))
      underWay.add(insert)
    },
    async ended(): Promise<void> {
      await Promise.all(underWay)
    },
  }
}

const mergePatienceMs = 300_000

/** What a store that has stood for a while looks like. */
async function untilMerged(store: Store): Promise<void> {
  const deadline = performance.now() + mergePatienceMs
  for (let quiet = 0; quiet < 5 && performance.now() < deadline; ) {
    const [row] = await store.reader.rows<{ merges: string }>('SELECT toString(count()) AS merges FROM system.merges')
    quiet = row?.merges === '0' ? quiet + 1 : 0
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
