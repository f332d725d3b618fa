import { readFileSync } from 'node:fs'
import { createSchema } from 'graphql-yoga'
import { deadReasons } from '../schema/dead-letters.ts'
import { packageFile } from '../schema/files.ts'
import type { Context } from './context.ts'
import { watchRuns, watchSeries } from './live/source.ts'
import { resolveCompareRuns } from './resolvers/compare-runs.ts'
import {
  resolveDeadLetterCounts,
  resolveDeadLetters,
  resolveLetterFrame,
  resolveReplay,
} from './resolvers/dead-letters.ts'
import { resolveFacets } from './resolvers/facets.ts'
import { resolveGroups } from './resolvers/groups.ts'
import { metricNodeId, resolveNode, resolveNodes, runNodeId } from './resolvers/nodes.ts'
import { resolveProjects } from './resolvers/projects.ts'
import { resolveMetricCount, resolvePoints, resolveRun } from './resolvers/run.ts'
import { resolveRuns } from './resolvers/runs.ts'
import { resolveRunSeries, resolveSeries } from './resolvers/series.ts'
import { resolveServer } from './resolvers/server.ts'
import { resolveMetrics } from './resolvers/summaries.ts'
import { scalars } from './scalars.ts'

let made: ReturnType<typeof createQuerySchema> | undefined

/** The SDL with what each field means: one for the process, since it holds nothing of whoever asks, and takes some 30 ms to make. */
export function querySchema() {
  made ??= createQuerySchema()
  return made
}

/** Fields that are not named here are properties of what their parent answers. */
function createQuerySchema() {
  return createSchema<Context>({
    typeDefs: readFileSync(packageFile('schema/api.graphql'), 'utf8'),
    resolvers: {
      ...scalars,
      RunState: { RUNNING: 'running', FINISHED: 'finished', FAILED: 'failed', KILLED: 'killed' },
      DeadLetterReason: Object.fromEntries(deadReasons.map((reason) => [reason.toUpperCase(), reason])),
      Query: {
        series: resolveSeries,
        groups: resolveGroups,
        projects: resolveProjects,
        runs: resolveRuns,
        facets: resolveFacets,
        compareRuns: resolveCompareRuns,
        run: resolveRun,
        deadLetters: resolveDeadLetters,
        deadLetterCounts: resolveDeadLetterCounts,
        server: resolveServer,
        node: resolveNode,
        nodes: resolveNodes,
      },
      Run: {
        id: runNodeId,
        points: resolvePoints,
        metricCount: resolveMetricCount,
        metrics: resolveMetrics,
        series: resolveRunSeries,
      },
      Subscription: { series: { subscribe: watchSeries }, runs: { subscribe: watchRuns } },
      Metric: { id: metricNodeId },
      DeadLetter: { frame: resolveLetterFrame, replay: resolveReplay },
    },
  })
}
