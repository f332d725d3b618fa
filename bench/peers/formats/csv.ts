import { type Dataset, runId, timeMs } from '../../dataset.ts'
import type { Format } from './format.ts'

/** VictoriaMetrics' `/api/v1/import/csv`: run, time in ms, and a column for each metric; a line for each step. */
export const csv: Format = {
  frame(dataset, { run, firstStep, steps, values }) {
    let text = ''
    for (let i = 0; i < steps; i++) {
      text += `${runId(run)},${timeMs(dataset, run, firstStep + i)}`
      for (let m = 0; m < dataset.metrics.length; m++) {
        const value = values[m * steps + i]!
        // An empty column is no point; CSV has no way to write a value that is not finite.
        text += Number.isFinite(value) ? `,${value}` : ','
      }
      text += '\n'
    }
    return text
  },
}

/** What its columns are, for the query string. */
export function csvColumns(dataset: Dataset): string {
  const metrics = dataset.metrics.map((metric, i) => `${i + 3}:metric:${metric.name}`)
  return ['1:label:run', '2:time:unix_ms', ...metrics].join()
}
