import { fillValues } from './curves.ts'
import { type Dataset, runId } from './dataset.ts'
import { createLatencyRecorder, type Latency } from './latency.ts'
import { type Questioner, valueText } from './questions.ts'

const warmUpRequests = 20

/**
 * How long one series takes over HTTP, one question after the other on an open connection, each about another series of the
 * dataset, each answer compared with what was sent before it counts.
 */
export async function measureCurves(questions: Questioner, dataset: Dataset, requests: number): Promise<Latency> {
  const latency = createLatencyRecorder()
  for (let index = 0; index < warmUpRequests + requests; index++) {
    const run = index % dataset.runs
    const metric = index % dataset.metrics.length
    const metrics = [dataset.metrics[metric]!.name]
    const begin = performance.now()
    const [series] = await questions.series({ project: dataset.project, runs: [runId(run)], metrics })
    const milliseconds = performance.now() - begin
    const expected = seriesOf(dataset, run, metric)
    if (JSON.stringify(series?.values) !== JSON.stringify(expected)) {
      throw new Error(`the curve ${runId(run)} ${metrics[0]} is not as it was sent`)
    }
    if (index >= warmUpRequests) latency.record(milliseconds)
  }
  return latency.summary()
}

function seriesOf(dataset: Dataset, run: number, metric: number): (number | string)[] {
  const steps = (dataset.frames / dataset.runs) * dataset.stepsPerFrame
  const values = new Float64Array(dataset.metrics.length * steps)
  fillValues(dataset.curves, run, 0, steps, values)
  return Array.from(values.subarray(metric * steps, (metric + 1) * steps), valueText)
}
