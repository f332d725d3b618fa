import { runId, timeMs } from '../../dataset.ts'
import type { Format } from './format.ts'

/** InfluxDB's line protocol: a line for each step of a run, with all metrics in it. It knows no NaN: such points are left out. */
export const influxLines: Format = {
  frame(dataset, { run, firstStep, steps, values }) {
    let text = ''
    for (let i = 0; i < steps; i++) {
      let fields = ''
      for (const [m, metric] of dataset.metrics.entries()) {
        const value = values[m * steps + i]!
        if (Number.isFinite(value)) fields += `${fields === '' ? '' : ','}${metric.name}=${value}`
      }
      if (fields !== '') text += `m,run=${runId(run)} ${fields} ${timeMs(dataset, run, firstStep + i)}\n`
    }
    return text
  },
}
