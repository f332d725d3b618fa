import { runKey } from '../../schema/keys.ts'
import { limits } from '../../schema/limits.ts'
import type { Context } from '../context.ts'
import { failure } from '../failures.ts'
import { derivedIn, type MetricFigure } from '../sql/derived-figures.ts'
import { ask, numbers, texts } from '../sql/read.ts'
import { runVersions } from '../sql/run-rows.ts'
import { runSummaries } from '../sql/summaries.ts'
import { arrive } from './arrive.ts'
import { type Maybe, rowsIn } from './inputs.ts'
import { fetchRuns } from './runs-page.ts'
import { readSummaries, type Summary } from './summary.ts'

export type CompareInput = {
  readonly project: string
  readonly runs: readonly string[]
  readonly metrics?: Maybe<readonly MetricFigure[]>
  readonly first?: Maybe<number>
  readonly at?: Maybe<string>
}

/** How many values are asked for at most. */
export function comparedIn({ runs, metrics, first }: CompareInput): number {
  if (runs.length < 1 || runs.length > limits.pageRows)
    throw failure('BAD_INPUT', `there are ${runs.length} runs; it must be from 1 to ${limits.pageRows}`)
  if (metrics && metrics.length > limits.figuresPerComparison)
    throw failure('BAD_INPUT', `metrics has more than ${limits.figuresPerComparison} items`)
  if (metrics?.some((figure) => derivedIn(figure)))
    throw failure('BAD_INPUT', 'figures that are read from points cannot be compared')
  return runs.length * rowsIn(first, 100)
}

type Kind = 'STATE' | 'PARAM' | 'TAG' | 'METRIC'
type Compared = { readonly kind: Kind; readonly name: string; readonly values: unknown[]; readonly distinct: number }

export async function resolveCompareRuns(_: unknown, input: CompareInput, context: Context) {
  comparedIn(input)
  const { project, at } = input
  const [names, figures, rows] = [[...new Set(input.runs)], input.metrics ?? [], rowsIn(input.first, 100)]
  await arrive(context, at, figures.length > 0)
  const known = await ask(context.reader, runVersions(project, names), context.readOptions)
  const versions = new Map(texts(known, 'id').map((run, i) => [run, numbers(known, 'version')[i]!]))
  const unknown = names.find((run) => !versions.has(run))
  if (unknown !== undefined) throw failure('UNKNOWN_RUN', `the project has no run ${JSON.stringify(unknown)}`)
  const wanted = names.map((run) => {
    return { key: runKey(project, run), run, version: versions.get(run)!, place: { rank: 0, key: '', run } }
  })
  const { runs } = await fetchRuns(project, wanted, at, context)
  const summaries = await summariesOf(project, names, figures, context)
  const things = [
    compared(
      'STATE',
      'state',
      runs.map(({ run }) => run.state.toUpperCase()),
    ),
    ...entries(
      'PARAM',
      runs.map(({ run }) => run.params() as Entries),
    ),
    ...entries(
      'TAG',
      runs.map(({ run }) => run.tags() as Entries),
    ),
    ...figures.map((figure) => figureOf(figure, names, summaries)),
  ]
  const differing = things.filter(({ distinct }) => distinct > 1)
  const equal = things.filter(({ distinct }) => distinct === 1)
  return {
    runs: names,
    differing: differing.slice(0, rows),
    differingCount: differing.length,
    equal: equal.slice(0, rows).map(({ kind, name, values }) => ({ kind, name, value: values[0] })),
    equalCount: equal.length,
  }
}

type Entries = Readonly<Record<string, unknown>>

/** Each name that any run has, in order of the names; null where a run does not have it. */
function entries(kind: Kind, maps: readonly Entries[]): Compared[] {
  const names = [...new Set(maps.flatMap((map) => Object.keys(map)))].sort()
  return names.map((name) =>
    compared(
      kind,
      name,
      maps.map((map) => (Object.hasOwn(map, name) ? map[name] : null)),
    ),
  )
}

/** Values are the same when JSON writes them so; not having one is a value of its own. */
function compared(kind: Kind, name: string, values: unknown[]): Compared {
  return { kind, name, values, distinct: new Set(values.map((value) => JSON.stringify(value))).size }
}

async function summariesOf(
  project: string,
  runs: readonly string[],
  figures: readonly MetricFigure[],
  context: Context,
) {
  const names = [...new Set(figures.map(({ name }) => name))]
  if (names.length === 0) return new Map<string, Summary[]>()
  const question = { project, runs, names, startsWith: '', after: '', rows: names.length }
  return readSummaries(await ask(context.reader, runSummaries(question), context.readOptions), project)
}

const figuresOfSummary: Readonly<Record<string, (summary: Summary) => number | null>> = {
  LAST: ({ last }) => last,
  MIN: ({ min }) => min,
  MAX: ({ max }) => max,
  COUNT: ({ count }) => count,
  FIRST_STEP: ({ firstStep }) => firstStep,
  LAST_STEP: ({ lastStep }) => lastStep,
  MIN_STEP: ({ minStep }) => minStep,
  MAX_STEP: ({ maxStep }) => maxStep,
  NON_FINITE_COUNT: ({ nan, positiveInfinity, negativeInfinity }) => nan + positiveInfinity + negativeInfinity,
  FIRST_NON_FINITE_STEP: ({ firstNonFiniteStep }) => firstNonFiniteStep,
}

function figureOf({ name, field }: MetricFigure, runs: readonly string[], summaries: ReadonlyMap<string, Summary[]>) {
  const which = field ?? 'LAST'
  const values = runs.map((run) => {
    const summary = summaries.get(run)?.find((one) => one.name === name)
    const value = summary ? figuresOfSummary[which]!(summary) : null
    return value === null || Number.isFinite(value) ? value : String(value)
  })
  return compared('METRIC', `${name} ${which}`, values)
}
