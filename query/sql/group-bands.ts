import { decodedSql } from '../../schema/value-codes-sql.ts'
import { type GroupKey, groupSql } from './group-key.ts'
import { type RunSelection, selectedRuns } from './run-selection.ts'
import { withinSteps } from './step-range.ts'
import { type Binder, createBinder, type Statement } from './text.ts'

/** What a run contributes to a bucket. */
export type BucketValue = 'LAST' | 'MEAN'

/**
 * Which rows count. `asLogged` takes every row, and says of how many runs a step was logged more than once; where that is not 0 it has to be
 * `settled`, which reads in what order rows were logged, too.
 */
export type Rows = 'asLogged' | 'settled'

export type GroupBandsQuestion = RunSelection & {
  readonly metric: bigint
  readonly key: GroupKey | undefined
  /** The groups' ids, in the order in which the answer numbers them, from 1. */
  readonly ids: readonly string[]
  readonly fromStep: number
  readonly toStep: number
  readonly width: number
  readonly value: BucketValue
  readonly quantiles: readonly number[]
  readonly rows: Rows
  /** One run after the other instead of all side by side: half as fast, in a small part of the memory. */
  readonly inOrder: boolean
  /** Reading stops at so many rows of the answer. */
  readonly most: number
}

/** A bucket that is none: its row tells about the group as a whole. No step comes near it. */
const noBucket = '-9223372036854775807'

/**
 * Figures over runs, a row per group and bucket: `place, bucket, counts, nonFinite, mean, deviation, low, high, q0, q1, …`, and a row per
 * group that tells `counts` of runs with points, their `pointsOfRuns` and `supersededOfRuns`, their `firstStep` and
 * `lastStep`, and how many `unsettledRuns` need `settled` rows.
 *
 * A run's points come as two arrays, in the order of steps as a rule, so what it contributes to a bucket is what stands before another bucket
 * begins: 190 ms for 10 M points of 10,000 runs, where an aggregate per run and bucket takes 310. A bucket's values are sorted once for
 * all of its figures, which the order of addition makes the same each time: 185 ms, quantilesExact with the other aggregates 220.
 */
export function groupBands(question: GroupBandsQuestion): Statement {
  const binder = createBinder()
  const { bind } = binder
  const { key } = question
  const values = `
  SELECT place, bucket, if(bucket = ${noBucket}, count(), 0) AS runs, sum(points) AS pointsOfRuns, sum(superseded) AS supersededOfRuns,
    sum(unsettled) AS unsettledRuns, min(first) AS firstStep, max(last) AS lastStep, countIf(isNaN(value)) - runs AS nonFinite, arraySort(groupArrayIf(value, NOT isNaN(value))) AS sorted
  FROM (
    SELECT ${key ? 'place' : 'toUInt32(1) AS place'}, points, superseded, unsettled, first, last,
      arrayPushBack(if(finite, starts, arrayConcat(starts, lostStarts)), toInt64(${noBucket})) AS startsAndRun,
      arrayPushBack(if(finite, shown, arrayConcat(shown, arrayWithConstant(length(lostStarts), nan))), nan) AS shownAndRun
    FROM (${perBucket(question, binder)})${key ? ` AS contributed INNER JOIN (${placesOf(question, binder)}) AS places ON contributed.run = places.key` : ''}
  )
  ARRAY JOIN startsAndRun AS bucket, shownAndRun AS value
  GROUP BY place, bucket`
  const quantiles = question.quantiles.map(
    (quantile, i) => `(n - 1) * ${bind('Float64', quantile)} AS h${i}, toUInt64(greatest(h${i}, 0)) AS i${i},
  if(h${i} <= i${i}, sorted[i${i} + 1], sorted[i${i} + 1] + (sorted[i${i} + 2] - sorted[i${i} + 1]) * (h${i} - i${i})) AS q${i}`,
  )
  const sql = `
SELECT place, bucket, n + runs AS counts, nonFinite, pointsOfRuns, supersededOfRuns, unsettledRuns, firstStep, lastStep, arrayAvg(sorted) AS mean,
  if(n < 2, nan, sqrt(arraySum(x -> (x - mean) * (x - mean), sorted) / (n - 1))) AS deviation,
  sorted[1] AS low, sorted[-1] AS high${quantiles.map((one) => `, ${one}`).join('')}
FROM (SELECT *, toInt64(length(sorted)) AS n FROM (${values}
))
LIMIT ${bind('UInt32', question.most)}
${aggregation(question)}`
  return { sql, parameters: binder.parameters }
}

const aggregation = ({ inOrder }: GroupBandsQuestion) =>
  inOrder ? 'SETTINGS optimize_aggregation_in_order = 1' : 'SETTINGS optimize_aggregation_in_order = 0'

/** Which number each run's group has. */
function placesOf(question: GroupBandsQuestion, binder: Binder): string {
  const { id } = groupSql(question.key, binder)
  const place = `toUInt32(indexOf(${binder.bind('Array(String)', question.ids)}, ${id}))`
  return `SELECT key, place FROM (${selectedRuns(question, `runs.key AS key, ${place} AS place`, binder).sql}) WHERE place > 0`
}

/** A row per run: `starts` of the buckets in which it has a finite value and what it contributes to each, `shown`; and of its other points. */
function perBucket(question: GroupBandsQuestion, binder: Binder): string {
  const startOf = (steps: string) =>
    question.width === 1 ? steps : `arrayMap(x -> bitAnd(x, ${binder.bind('Int64', -question.width)}), ${steps})`
  const common = `run, points, superseded, unsettled, first, last, finite, ${startOf('lostSteps')} AS lostStarts`
  const finite = `SELECT *, ${startOf('finiteSteps')} AS all FROM (${finitePoints(question, binder)})`
  if (question.width === 1) return `SELECT ${common}, all AS starts, finiteValues AS shown FROM (${finite})`
  if (question.value === 'LAST') {
    return `SELECT ${common}, arrayShiftLeft(all, 1, toInt64(${noBucket})) AS next,
      arrayFilter((x, y) -> x != y, all, next) AS starts, arrayFilter((v, x, y) -> x != y, finiteValues, all, next) AS shown
    FROM (${finite})`
  }
  return `SELECT ${common}, arrayShiftRight(all, 1, toInt64(${noBucket})) AS before,
      arrayFilter((i, x, y) -> x != y, arrayEnumerate(all), all, before) AS firsts, arrayFilter((x, y) -> x != y, all, before) AS starts,
      length(all) AS size, arrayMap((i, j) -> toUInt32(if(j = 0, size + 1, j) - i), firsts, arrayShiftLeft(firsts, 1, toUInt32(0))) AS lengths,
      arrayReduceInRanges('avg', arrayZip(firsts, lengths), finiteValues) AS shown
    FROM (${finite})`
}

/** A row per run: its finite points and the steps of the others, in the order of steps. */
function finitePoints(question: GroupBandsQuestion, binder: Binder): string {
  return `
    SELECT run, points, superseded, unsettled, steps[1] AS first, steps[-1] AS last, arrayAll(v -> isFinite(v), values) AS finite,
      if(finite, steps, arrayFilter((x, v) -> isFinite(v), steps, values)) AS finiteSteps,
      if(finite, values, arrayFilter(v -> isFinite(v), values)) AS finiteValues,
      if(finite, [], arrayFilter((x, v) -> NOT isFinite(v), steps, values)) AS lostSteps
    FROM (${question.rows === 'settled' ? settled(question, binder) : asLogged(question, binder)})`
}

/** The rows of several parts of the table may come one part after the other; a run of one part is in order already. */
const ascending = 'arrayAll((x, y) -> x < y, arrayPopBack(s), arrayPopFront(s))'

function asLogged(question: GroupBandsQuestion, binder: Binder): string {
  return `
      SELECT run, length(s) AS points, toUInt64(0) AS superseded, ${ascending} AS ascending,
        if(ascending, s, arraySort(s)) AS steps, if(ascending, v, arraySort((x, y) -> y, v, s)) AS values,
        toUInt64(if(ascending, 0, length(arrayDistinct(s)) < length(s))) AS unsettled
      FROM (SELECT run, groupArray(step) AS s, groupArray(${decodedSql('code')}) AS v FROM points ${within(question, binder)} GROUP BY run)`
}

/** Of several rows of one step the one that was logged last. */
function settled(question: GroupBandsQuestion, binder: Binder): string {
  return `
      SELECT run, length(s) AS points, points - length(steps) AS superseded, toUInt64(0) AS unsettled, ${ascending} AS ascending,
        if(ascending, s, arraySort(s)) AS ordered, arrayShiftLeft(ordered, 1, toInt64(${noBucket})) AS next,
        if(ascending, s, arrayFilter((x, y) -> x != y, ordered, next)) AS steps,
        if(ascending, v, arrayFilter((w, x, y) -> x != y, arraySort((x, y, z) -> (y, z), v, s, o), ordered, next)) AS values
      FROM (
        SELECT run, groupArray(step) AS s, groupArray(${decodedSql('code')}) AS v, groupArray(ord) AS o FROM points ${within(question, binder)} GROUP BY run
      )`
}

function within(question: GroupBandsQuestion, binder: Binder): string {
  const steps = withinSteps(question, binder.bind)
  return steps === undefined ? ofRuns(question, binder) : `${ofRuns(question, binder)} WHERE ${steps}`
}

/**
 * Both in PREWHERE: runs lie by their keys, which say nothing of their project, so among those asked for are others of the same metric. In WHERE
 * their steps and values would be read as well, 44 ms for 10 M rows of others.
 */
function ofRuns(question: GroupBandsQuestion, binder: Binder): string {
  const runs = question.key
    ? `SELECT key FROM (${placesOf(question, binder)})`
    : selectedRuns(question, 'runs.key', binder).sql
  return `PREWHERE metric = ${binder.bind('UInt64', question.metric)} AND run IN (${runs})`
}

/** First and last step of the runs of these groups, cut to the range: `runs, firstStep, lastStep`. */
export function groupExtent(question: GroupBandsQuestion): Statement {
  const binder = createBinder()
  const [from, to] = [binder.bind('Int64', question.fromStep), binder.bind('Int64', question.toStep)]
  const sql = `
SELECT count() AS runs, min(greatest(first, ${from})) AS firstStep, max(least(last, ${to})) AS lastStep
FROM (SELECT run, min(step) AS first, max(step) AS last FROM points ${ofRuns(question, binder)} GROUP BY run)
WHERE last >= ${from} AND first <= ${to}`
  return { sql, parameters: binder.parameters }
}
