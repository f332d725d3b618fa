import { fillValues } from './curves.ts'
import { blocksOf, type Dataset, runId } from './dataset.ts'
import type { PackedAnswer, Questioner } from './questions.ts'

/** What was read back through the API and how it differs from what was sent. */
export type WireVerification = {
  readonly runsChecked: number
  readonly pointsChecked: number
  readonly exact: boolean
  /** Whether the runs checked are all there are. */
  readonly complete: boolean
  readonly differences: readonly string[]
}

const mostRuns = 100
/** As many steps as one answer gives whole. */
const stepsPerAnswer = 2_000

/** For a server whose disk is out of reach: reads every point of up to 100 runs, spread evenly, and compares it. */
export async function verifyOverWire(questions: Questioner, dataset: Dataset): Promise<WireVerification> {
  const runs = Math.min(dataset.runs, dataset.frames)
  const runsChecked = Math.min(runs, mostRuns)
  const differences: string[] = []
  let pointsChecked = 0
  for (let index = 0; index < runsChecked; index++) {
    const run = Math.floor((index * runs) / runsChecked)
    const steps = blocksOf(dataset, run) * dataset.stepsPerFrame
    for (let fromStep = 0; fromStep < steps; fromStep += stepsPerAnswer) {
      const count = Math.min(stepsPerAnswer, steps - fromStep)
      differences.push(...(await checkSlice(questions, dataset, run, fromStep, count)))
      pointsChecked += count * dataset.metrics.length
    }
  }
  const exact = differences.length === 0
  return { runsChecked, pointsChecked, exact, complete: runsChecked === runs, differences: differences.slice(0, 20) }
}

async function checkSlice(
  questions: Questioner,
  dataset: Dataset,
  run: number,
  fromStep: number,
  count: number,
): Promise<string[]> {
  const metrics = dataset.metrics.map((metric) => metric.name)
  const toStep = fromStep + count - 1
  const range = { fromStep, toStep, buckets: stepsPerAnswer }
  const answer = await questions.packedSeries({ project: dataset.project, runs: [runId(run)], metrics, ...range })
  const values = new Float64Array(metrics.length * count)
  fillValues(dataset.curves, run, fromStep, count, values)
  return metrics.flatMap((metric, index) => {
    const series = answer.find((one) => one.metric === metric)
    const wrong = wrongIn(series, fromStep, values.subarray(index * count, (index + 1) * count))
    return wrong === undefined ? [] : [`${runId(run)} ${metric} from step ${fromStep}: ${wrong}`]
  })
}

/** Undefined when a series is as it was sent. */
function wrongIn(series: PackedAnswer | undefined, fromStep: number, expected: Float64Array): string | undefined {
  if (series === undefined) return 'no answer'
  if (series.receipt.pointsTotal !== expected.length) {
    return `${series.receipt.pointsTotal} points stored of ${expected.length}`
  }
  const steps = unpackNumbers(series.stepsPacked)
  const values = unpackNumbers(series.valuesPacked)
  for (let i = 0; i < expected.length; i++) {
    if (steps[i] !== fromStep + i || !Object.is(values[i], expected[i])) {
      return `${values[i]} at step ${steps[i]} instead of ${expected[i]} at step ${fromStep + i}`
    }
  }
  return undefined
}

function unpackNumbers(base64: string): Float64Array {
  const bytes = Buffer.from(base64, 'base64')
  return Float64Array.from({ length: bytes.byteLength / 8 }, (_, index) => bytes.readDoubleLE(index * 8))
}
