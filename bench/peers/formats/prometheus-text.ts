import { runId, timeMs } from '../../dataset.ts'
import type { Format } from './format.ts'

/** Prometheus' text format: a line for each point. The slash in names is not Prometheus', but VictoriaMetrics takes it. */
export const prometheusText: Format = {
  frame(dataset, { run, firstStep, steps, values }) {
    let text = ''
    for (const [m, metric] of dataset.metrics.entries()) {
      const series = `${metric.name}{run="${runId(run)}"} `
      for (let i = 0; i < steps; i++) {
        const value = values[m * steps + i]!
        const number = value === Number.POSITIVE_INFINITY ? '+Inf' : String(value)
        text += `${series}${number} ${timeMs(dataset, run, firstStep + i)}\n`
      }
    }
    return text
  },
}
