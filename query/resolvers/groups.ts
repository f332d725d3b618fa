import { metricKey } from '../../schema/keys.ts'
import { limits } from '../../schema/limits.ts'
import type { Columns } from '../../schema/store.ts'
import type { Context } from '../context.ts'
import { failure } from '../failures.ts'
import type { Extent, GroupTable } from '../group-reads.ts'
import { loadGroups } from '../groups.ts'
import { sum } from '../reduce/buckets.ts'
import type { BucketValue } from '../sql/group-bands.ts'
import type { GroupKey } from '../sql/group-key.ts'
import { type GroupPlanQuestion, groupPlan } from '../sql/group-plan.ts'
import { ask, numbers, texts } from '../sql/read.ts'
import type { RunFilter } from '../sql/run-filter.ts'
import { arrive } from './arrive.ts'
import { currencyOf } from './currency.ts'
import { type Maybe, rangeOf } from './inputs.ts'
import { withNulls } from './nulls.ts'
import { refuseManyDerived } from './runs-page.ts'

export type GroupsInput = {
  readonly project: string
  readonly metric: string
  readonly filter?: Maybe<RunFilter>
  readonly by?: Maybe<GroupKey>
  readonly first?: Maybe<number>
  readonly fromStep?: Maybe<number>
  readonly toStep?: Maybe<number>
  readonly buckets?: Maybe<number>
  readonly value?: Maybe<BucketValue>
  readonly quantiles?: Maybe<readonly number[]>
  readonly at?: Maybe<string>
}

const usual = { groups: 20, buckets: 500, quantiles: [0.1, 0.25, 0.75, 0.9] } as const

/** Points of which all runs' arrays may be in memory at once, 16 to 24 bytes each. */
const pointsSideBySide = 30_000_000

/** The question with its defaults. @throws a failure for what is not allowed */
function questionOf(input: GroupsInput) {
  const range = rangeOf({ ...input, buckets: input.buckets ?? usual.buckets })
  const groups = input.first ?? usual.groups
  if (groups < 1 || groups > limits.groupsPerAnswer) {
    throw failure('BAD_INPUT', `first is ${groups}; it must be from 1 to ${limits.groupsPerAnswer}`)
  }
  const quantiles = input.quantiles ?? usual.quantiles
  if (quantiles.length > limits.quantilesPerGroup) {
    throw failure('BAD_INPUT', `${quantiles.length} quantiles; at most ${limits.quantilesPerGroup} are allowed`)
  }
  for (const quantile of quantiles) {
    if (!(quantile >= 0 && quantile <= 1)) throw failure('BAD_INPUT', `quantile ${quantile} is not from 0 to 1`)
  }
  return { ...range, groups, quantiles, filter: input.filter ?? {}, value: input.value ?? 'LAST' } as const
}

/** Buckets of all groups, each with its quantiles, at a quarter each: what the answer may become. */
export function groupsCost(input: GroupsInput): number {
  const { groups, buckets, quantiles } = questionOf(input)
  return Math.ceil(groups * buckets * (1 + quantiles.length / 4))
}

export async function resolveGroups(_: unknown, { input }: { input: GroupsInput }, context: Context) {
  const { groups, ...question } = questionOf(input)
  const { project, metric } = input
  const key = input.by ?? undefined
  const plan = await planOf({ ...question, project, metric, key, groups }, input.at, context)
  refuseTooMuch(plan)
  const currency = await currencyOf(context.watermark)
  const { width, exact, tables } = await loadGroups(
    context.reader,
    // The median first, whatever else is asked for.
    {
      ...question,
      project,
      metric: metricKey(metric),
      key,
      ids: plan.groups.map(({ id }) => id),
      quantiles: [0.5, ...question.quantiles],
      inOrder: plan.points > pointsSideBySide,
    },
    plan.extent,
    context.readOptions,
  )
  const total = (figure: 'runs' | 'points' | 'superseded') => tables.reduce((sum, table) => sum + table[figure], 0)
  const shownRuns = plan.groups.reduce((sum, { runs }) => sum + runs, 0)
  return {
    groups: plan.groups.map((group, i) => groupAnswer(group, tables[i]!, question.quantiles)),
    receipt: {
      method: question.value,
      exact,
      bucketWidth: width,
      runsMatched: plan.allRuns,
      runsWithPoints: total('runs'),
      points: total('points'),
      superseded: total('superseded'),
      otherGroups: plan.allGroups - plan.groups.length,
      otherRuns: plan.allRuns - shownRuns,
      ...currency,
    },
  }
}

type PlannedGroup = { readonly id: string; readonly label: string | null; readonly runs: number }

async function planOf(question: GroupPlanQuestion, at: Maybe<string>, context: Context) {
  const statement = groupPlan(question)
  // The summaries tell how long the range is.
  await arrive(context, at, true)
  if (statement.derived.length > 0) await refuseManyDerived(question.project, statement.derived, context)
  const answer = await ask(context.reader, statement, context.readOptions)
  const [ids, labels, runs] = [texts(answer, 'id'), texts(answer, 'label'), numbers(answer, 'runs')]
  const has = answer.columns.get('has') as Uint8Array | undefined
  const groups = ids.map((id, i): PlannedGroup => ({ id, label: has?.[i] ? labels[i]! : null, runs: runs[i]! }))
  const total = (name: string) => sum(numbers(answer, name))
  return {
    groups,
    allGroups: numbers(answer, 'allGroups')[0] ?? 0,
    allRuns: numbers(answer, 'allRuns')[0] ?? 0,
    ...{ logged: total('logged'), points: total('points'), pointsInBuckets: total('pointsInBuckets') },
    extent: extentOf(answer),
  }
}

function extentOf(answer: Columns): Extent | undefined {
  const [logged, first, last] = [numbers(answer, 'logged'), numbers(answer, 'firstStep'), numbers(answer, 'lastStep')]
  const rows = [...logged.keys()].filter((row) => logged[row]! > 0)
  if (rows.length === 0) return undefined
  return {
    firstStep: Math.min(...rows.map((row) => first[row]!)),
    lastStep: Math.max(...rows.map((row) => last[row]!)),
  }
}

function refuseTooMuch(plan: {
  groups: readonly PlannedGroup[]
  logged: number
  points: number
  pointsInBuckets: number
}) {
  const rules: [number, number, string][] = [
    [plan.logged, limits.groupRuns, 'runs with this metric'],
    [plan.points, limits.groupPoints, 'points of the range'],
    [plan.pointsInBuckets, limits.groupValues, 'values (runs x buckets)'],
  ]
  for (const [count, most, what] of rules) {
    if (count <= most) continue
    throw failure(
      'TOO_COSTLY',
      `the groups have up to ${count} ${what}; at most ${most} are allowed: filter the runs, or ask for fewer groups, steps or buckets`,
    )
  }
}

function groupAnswer({ label, runs }: PlannedGroup, table: GroupTable, quantiles: readonly number[]) {
  const [median, ...bands] = table.quantiles
  const { mean, deviation, min, max } = table
  const figures = { mean, median: median ?? mean, standardDeviation: deviation, min, max }
  return {
    label,
    runs,
    runsWithPoints: table.runs,
    count: table.count,
    steps: table.steps,
    counts: table.counts,
    nonFinite: table.nonFinite,
    ...Object.fromEntries(Object.entries(figures).map(([name, column]) => [name, () => withNulls(column)])),
    bands: quantiles.map((quantile, i) => ({
      quantile,
      values: () => withNulls(bands[i] ?? mean),
      valuesPacked: bands[i] ?? mean,
    })),
    ...Object.fromEntries(Object.entries(figures).map(([name, column]) => [`${name}Packed`, column])),
    stepsPacked: table.steps,
    countsPacked: table.counts,
    nonFinitePacked: table.nonFinite,
  }
}
