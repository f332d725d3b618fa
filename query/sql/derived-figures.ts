import { metricKey } from '../../schema/keys.ts'
import { limits } from '../../schema/limits.ts'
import { decodedSql } from '../../schema/value-codes-sql.ts'
import { failure } from '../failures.ts'
import type { Maybe } from '../resolvers/inputs.ts'
import type { SummaryField } from './summaries.ts'
import { type Binder, createBinder, type Statement } from './text.ts'

/** Figures that no summary has: they are computed from points, of those runs alone whose summary leaves them open. */
export const derivedFields = ['MEAN_OF_LAST', 'FIRST_STEP_BELOW', 'FIRST_STEP_ABOVE'] as const
export type DerivedField = (typeof derivedFields)[number]

/** A figure of a metric as filters and orders name it. */
export type MetricFigure = {
  readonly name: string
  readonly field?: Maybe<SummaryField | DerivedField>
  readonly points?: Maybe<number>
  readonly bound?: Maybe<number>
}

/** `argument`: how many points, or the bound. */
export type Derived = { readonly metric: string; readonly field: DerivedField; readonly argument: number }

export const derivedId = ({ metric, field, argument }: Derived): string => `${field}\0${argument}\0${metric}`

/** @throws BAD_INPUT when an argument is missing, too much, or out of its range */
export function derivedIn({ name, field, points, bound }: MetricFigure): Derived | undefined {
  const wantsPoints = field === 'MEAN_OF_LAST'
  const wantsBound = field === 'FIRST_STEP_BELOW' || field === 'FIRST_STEP_ABOVE'
  if (wantsPoints !== (typeof points === 'number'))
    throw failure('BAD_INPUT', '`points` belongs to MEAN_OF_LAST, and to that alone')
  if (wantsBound !== (typeof bound === 'number'))
    throw failure('BAD_INPUT', '`bound` belongs to FIRST_STEP_BELOW and FIRST_STEP_ABOVE, and to those alone')
  if (wantsPoints && !(points! >= 1 && points! <= limits.pointsPerMean))
    throw failure('BAD_INPUT', `points is ${points}; it must be from 1 to ${limits.pointsPerMean}`)
  return wantsPoints || wantsBound ? { metric: name, field, argument: (points ?? bound)! } : undefined
}

/** What a summary must have for a figure to depend on points: over the columns of `metric_figures`. */
function openSql({ field, argument }: Derived, { bind }: Binder): string {
  if (field === 'MEAN_OF_LAST') return '1'
  const reached =
    field === 'FIRST_STEP_BELOW' ? `min < ${bind('Float64', argument)}` : `max > ${bind('Float64', argument)}`
  // Extremes are over finite values; an infinity may be what is looked for.
  return `(${reached} OR nonfinite_count > 0)`
}

/** A row for each of some runs with points: `run_key, has` (0 or 1) and `figure`. */
function figuresSql(derived: Derived, runs: string, binder: Binder): string {
  const { bind } = binder
  const from = `points WHERE metric = ${bind('UInt64', metricKey(derived.metric))} AND run IN ${runs}`
  if (derived.field === 'MEAN_OF_LAST') {
    const last = `arraySlice(arrayReverseSort(groupArray((step, ${decodedSql('shown')}))), 1, ${bind('UInt32', derived.argument)})`
    return `SELECT run AS run_key, toUInt8(1) AS has, arrayAvg(arrayMap(point -> point.2, ${last})) AS figure
    FROM (SELECT run, step, argMax(code, ord) AS shown FROM ${from} GROUP BY run, step) GROUP BY run`
  }
  const reached = `${decodedSql('code')} ${derived.field === 'FIRST_STEP_BELOW' ? '<' : '>'} ${bind('Float64', derived.argument)}`
  return `SELECT run AS run_key, toUInt8(countIf(${reached}) > 0) AS has, toFloat64(minIf(step, ${reached})) AS figure FROM ${from} GROUP BY run`
}

/** The figures of all runs of a project, to be joined. */
export function derivedFigures(project: string, derived: Derived, binder: Binder): string {
  const { bind } = binder
  const runs = `(SELECT run_key FROM metric_figures WHERE project = ${bind('String', project)}
    AND metric_key = ${bind('UInt64', metricKey(derived.metric))} AND ${openSql(derived, binder)})`
  return figuresSql(derived, runs, binder)
}

/** How many points those are, by the summaries: `points`. */
export function derivedPoints(project: string, derived: Derived): Statement {
  const binder = createBinder()
  const { parameters, bind } = binder
  const sql = `SELECT toFloat64(sum(points)) AS points FROM (SELECT argMax(count, version) AS points FROM metric_figures
WHERE project = ${bind('String', project)} AND metric_key = ${bind('UInt64', metricKey(derived.metric))} AND ${openSql(derived, binder)} GROUP BY run_key)`
  return { sql, parameters }
}

/** The figures of some runs. */
export function derivedOfRuns(derived: Derived, keys: readonly bigint[]): Statement {
  const binder = createBinder()
  const sql = figuresSql(derived, binder.bind('Array(UInt64)', keys), binder)
  return { sql, parameters: binder.parameters }
}

/** @throws TOO_COSTLY when more points would have to be read than one question may */
export function refuseManyPoints(points: number): void {
  if (points <= limits.pointsPerFigures) return
  throw failure(
    'TOO_COSTLY',
    `${points} points would have to be read for the figures that summaries do not have; at most ${limits.pointsPerFigures} are allowed: filter by something else as well`,
  )
}
