/** Quantile bands over very many runs. */
import { metricKey } from '../../schema/keys.ts'
import { shortNumber } from '../report/svg.ts'
import { valueAt } from './curve.ts'
import { armOf, type CurveProject, type Plan } from './plan.ts'
import { type Data, graphql, type Question, type Scan, WrongAnswer } from './question.ts'

const quantiles = [0.1, 0.25, 0.75, 0.9]
const query = `query ($in: GroupsInput!) { groups(input: $in) {
  groups { label runs count stepsPacked countsPacked meanPacked medianPacked standardDeviationPacked minPacked maxPacked
    bands { quantile valuesPacked } }
  receipt { bucketWidth runsMatched runsWithPoints points superseded otherGroups } } }`

export function bandQuestions({ bands }: Plan): Question[] {
  const { curves, project } = bands
  const steps = curves[0]!.steps
  const size = `${shortNumber(curves.length)} runs x ${shortNumber(steps)} points`
  const input = { project, metric: bands.metric, buckets: steps, quantiles }
  const one = (id: string, words: string, by: object | undefined): Question => ({
    ...{ id, group: 'bands', requires: 'groups', asked: { p50: 500, p99: 1_000 } },
    question: `mean, median, deviation and ${quantiles.length} quantiles over ${size}${words}`,
    asks: [
      { body: graphql(query, { in: { ...input, by } }), verify: (data) => checkGroups(bands, by !== undefined, data) },
    ],
    scans: [scan(bands, by !== undefined)],
  })
  return [one('bands', '', undefined), one('bands-by-param', ', grouped by a param', { param: 'arm' })]
}

type Group = {
  readonly label: string | null
  readonly runs: number
  readonly count: number
  readonly bands: readonly { readonly quantile: number; readonly valuesPacked: string }[]
} & Readonly<Record<`${'steps' | 'counts' | 'mean' | 'median' | 'standardDeviation' | 'min' | 'max'}Packed`, string>>
type GroupsAnswer = { readonly groups: readonly Group[]; readonly receipt: Readonly<Record<string, unknown>> }

function checkGroups(bands: CurveProject, grouped: boolean, data: Data): void {
  const { groups, receipt } = data.groups as GroupsAnswer
  const { curves } = bands
  const steps = curves[0]!.steps
  const wanted = {
    ...{ bucketWidth: 1, runsMatched: curves.length, runsWithPoints: curves.length, points: curves.length * steps },
    ...{ superseded: 0, otherGroups: 0 },
  }
  for (const [name, value] of Object.entries(wanted)) {
    if (receipt[name] !== value) throw new WrongAnswer(`bands: receipt.${name} is ${receipt[name]}, must be ${value}`)
  }
  const labels = grouped ? [...new Set(curves.map((_, i) => armOf(i)))] : ['']
  if (groups.length !== labels.length) throw new WrongAnswer(`bands: ${groups.length} groups of ${labels.length}`)
  for (const label of labels) {
    const group = groups.find((one) => (one.label ?? '') === label)
    if (group === undefined) throw new WrongAnswer(`bands: there is no group ${label}`)
    checkGroup(group, membersOf(bands, grouped ? label : undefined), steps)
  }
}

const membersOf = ({ curves }: CurveProject, label: string | undefined) =>
  curves.filter((_, i) => label === undefined || armOf(i) === label)

function checkGroup(group: Group, members: CurveProject['curves'], steps: number): void {
  const column = (text: string) => new Float64Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)
  const found = {
    ...{ steps: column(group.stepsPacked), counts: column(group.countsPacked), mean: column(group.meanPacked) },
    ...{ median: column(group.medianPacked), deviation: column(group.standardDeviationPacked) },
    ...{ min: column(group.minPacked), max: column(group.maxPacked) },
    ...Object.fromEntries(group.bands.map((band) => [String(band.quantile), column(band.valuesPacked)])),
  } as Record<string, Float64Array>
  if (group.runs !== members.length || group.count !== steps) {
    throw new WrongAnswer(`bands, group ${group.label}: ${group.runs} runs and ${group.count} buckets`)
  }
  const values = new Float64Array(members.length)
  for (let step = 0; step < steps; step++) {
    for (const [i, curve] of members.entries()) values[i] = valueAt(curve, step, false)
    for (const [name, value] of Object.entries(figuresOf(values.sort(), step))) {
      if (isNear(found[name]?.[step], value)) continue
      throw new WrongAnswer(
        `bands, group ${group.label}, step ${step}: ${name} is ${found[name]?.[step]}, must be ${value}`,
      )
    }
  }
}

/** Values in order. Quantiles lie on the straight line between two of them, as numpy's do. */
function figuresOf(values: Float64Array, step: number): Record<string, number> {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const at = (quantile: number): number => {
    const place = quantile * (values.length - 1)
    const low = values[Math.floor(place)]!
    return low + (values[Math.ceil(place)]! - low) * (place - Math.floor(place))
  }
  return {
    ...{
      steps: step,
      counts: values.length,
      mean,
      median: at(0.5),
      deviation: Math.sqrt(squares / (values.length - 1)),
    },
    ...{ min: values[0]!, max: values.at(-1)! },
    ...Object.fromEntries(quantiles.map((quantile) => [String(quantile), at(quantile)])),
  }
}

/** Sums of ten thousand numbers differ in their last digits by the order in which they are added. */
function isNear(found: number | undefined, expected: number): boolean {
  return found !== undefined && Math.abs(found - expected) <= 1e-11 * Math.abs(expected)
}

function scan({ project, metric }: CurveProject, grouped: boolean): Scan {
  const label = grouped ? "transform(run, keys, arms, '')" : "''"
  return {
    sql: `
WITH (SELECT (groupArray(key), groupArray(params_text['arm'])) FROM runs FINAL WHERE project = {project:String}) AS known,
  known.1 AS keys, known.2 AS arms
SELECT ${label} AS label, step, count() AS runs, avg(value) AS mean, stddevSamp(value) AS deviation, min(value) AS low, max(value) AS high,
  toString(quantilesExactInclusive(0.1, 0.25, 0.5, 0.75, 0.9)(value)) AS quantiles
FROM point_values WHERE run IN (SELECT key FROM runs WHERE project = {project:String}) AND metric = {metric:UInt64}
GROUP BY label, step ORDER BY label, step`,
    parameters: { project, metric: metricKey(metric) },
  }
}
