import { type GroupKey, groupSql } from './group-key.ts'
import { type RunSelection, selectedRuns } from './run-selection.ts'
import type { RunsStatement } from './runs-page.ts'
import { createBinder } from './text.ts'

export type GroupPlanQuestion = RunSelection & {
  readonly metric: string
  readonly key: GroupKey | undefined
  readonly fromStep: number
  readonly toStep: number
  readonly buckets: number
  /** Groups that are shown: those of the most runs, of equally many the first by label. */
  readonly groups: number
}

/**
 * What a question about groups would have to read, from the summaries alone: a row per group that is shown, `id, label, has, runs, logged,
 * points, pointsInBuckets, firstStep, lastStep`, and over all groups `allGroups, allRuns`. `points` is how many points of the range there are
 * at most; steps that were never logged twice are no more than the range is long.
 */
export function groupPlan(question: GroupPlanQuestion): RunsStatement {
  const binder = createBinder()
  const { bind } = binder
  const { label, has, id } = groupSql(question.key, binder)
  const runs = selectedRuns(question, `runs.key AS key, ${label} AS label, ${has} AS has, ${id} AS id`, binder)
  const { sql: chosen } = runs
  const [from, to] = [bind('Int64', question.fromStep), bind('Int64', question.toStep)]
  const sql = `
SELECT *, count() OVER () AS allGroups, sum(runs) OVER () AS allRuns
FROM (
  SELECT id, label, has, count() AS runs, countIf(reach > 0) AS logged, sum(reach) AS points,
    sum(least(reach, ${bind('UInt32', question.buckets)})) AS pointsInBuckets,
    minIf(greatest(first, ${from}), reach > 0) AS firstStep, maxIf(least(last, ${to}), reach > 0) AS lastStep
  FROM (
    SELECT id, label, has, first, last,
      toUInt64(multiIf(total = 0 OR last < ${from} OR first > ${to}, 0,
        unordered = 0, least(toInt64(total), least(last, ${to}) - greatest(first, ${from}) + 1), total)) AS reach
    FROM (${chosen}) AS chosen
    LEFT JOIN (
      SELECT run_key, argMax(count, version) AS total, argMax(first_step, version) AS first,
        argMax(last_step, version) AS last, argMax(disorder, version) AS unordered
      FROM series WHERE project = ${bind('String', question.project)} AND metric = ${bind('String', question.metric)}
      GROUP BY run_key
    ) AS summaries ON chosen.key = summaries.run_key
  )
  GROUP BY id, label, has
)
ORDER BY runs DESC, has DESC, label LIMIT ${bind('UInt32', question.groups)}`
  return { sql, parameters: binder.parameters, summaries: runs.summaries, derived: runs.derived }
}
