import { timeMs } from '../../dataset.ts'
import type { Format } from './format.ts'

/** MLflow's `runs/log-batch`: JSON with the metrics of one run. Values that are not finite are strings, as protobuf's JSON has them. */
export const logBatch: Format = {
  frame(dataset, { run, firstStep, steps, values }, runIds) {
    const metrics = values.length
    let text = `{"run_id":"${runIds[run]}","metrics":[`
    for (let at = 0; at < metrics; at++) {
      const step = firstStep + (at % steps)
      const name = dataset.metrics[Math.floor(at / steps)]!.name
      const value = Number.isFinite(values[at]) ? values[at] : `"${values[at]}"`
      text += `${at === 0 ? '' : ','}{"key":"${name}","value":${value},"timestamp":${timeMs(dataset, run, step)},"step":${step}}`
    }
    return `${text}]}`
  },
}
