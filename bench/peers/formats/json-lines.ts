import { runId, timeMs } from '../../dataset.ts'
import type { Format } from './format.ts'

/** VictoriaMetrics' `/api/v1/import`: a line of JSON for each series, with all of its values in the frame. */
export const jsonLines: Format = {
  frame(dataset, { run, firstStep, steps, values }) {
    const times = Array.from({ length: steps }, (_, i) => timeMs(dataset, run, firstStep + i)).join()
    let text = ''
    for (const [m, metric] of dataset.metrics.entries()) {
      text += `{"metric":{"__name__":"${metric.name}","run":"${runId(run)}"},"values":[`
      for (let i = 0; i < steps; i++) text += (i === 0 ? '' : ',') + jsonNumber(values[m * steps + i]!)
      text += `],"timestamps":[${times}]}\n`
    }
    return text
  },
}

/** As VictoriaMetrics writes them in an export. */
function jsonNumber(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'null' : `"${value}"`
}
