/** QuestDB's line protocol, version 2: InfluxDB's lines with doubles as their eight bytes. */
import { type Dataset, runId, timeMs } from '../../dataset.ts'
import type { Format, Frame } from './format.ts'

/** Names of tables and columns. */
export const narrowTable = 'points'
export const wideTable = 'steps'
export const arrivalTable = 'arrivals'

/** QuestDB refuses slashes in names of columns. */
export const columnOf = (metric: string) => metric.replaceAll('/', '_')

/** A row for each point: run and metric as symbols, the time of the point as the designated one. */
export const questNarrow: Format = { frame: (dataset, frame) => narrow(dataset, frame, narrowTable, false) }

/** The same with the time of arrival as the designated one, which the server fills in, so that rows come in order. */
export const questArrival: Format = { frame: (dataset, frame) => narrow(dataset, frame, arrivalTable, true) }

function narrow(dataset: Dataset, frame: Frame, table: string, arrival: boolean): Buffer {
  const { run, firstStep, steps, values } = frame
  const longest = Math.max(...dataset.metrics.map((metric) => metric.name.length))
  const target = Buffer.allocUnsafe(values.length * (longest + 120))
  let at = 0
  for (const [m, metric] of dataset.metrics.entries()) {
    const head = `${table},run=${runId(run)},metric=${metric.name} value=`
    for (let i = 0; i < steps; i++) {
      const time = timeMs(dataset, run, firstStep + i)
      at += target.write(head, at, 'latin1')
      at = writeDouble(target, at, values[m * steps + i]!)
      const end = arrival ? `,step=${firstStep + i}i,at=${time}000t\n` : `,step=${firstStep + i}i ${time}\n`
      at += target.write(end, at, 'latin1')
    }
  }
  return target.subarray(0, at)
}

/** A row for each step of a run, with a column for each metric: the layout that QuestDB is built for. */
export const questWide: Format = {
  frame(dataset, { run, firstStep, steps, values }) {
    const columns = dataset.metrics.map((metric) => `,${columnOf(metric.name)}=`)
    const columnBytes = columns.reduce((sum, column) => sum + column.length + 10, 0)
    const target = Buffer.allocUnsafe(steps * (columnBytes + 100))
    let at = 0
    for (let i = 0; i < steps; i++) {
      at += target.write(`${wideTable},run=${runId(run)} step=${firstStep + i}i`, at, 'latin1')
      for (const [m, column] of columns.entries()) {
        at += target.write(column, at, 'latin1')
        at = writeDouble(target, at, values[m * steps + i]!)
      }
      at += target.write(` ${timeMs(dataset, run, firstStep + i)}\n`, at, 'latin1')
    }
    return target.subarray(0, at)
  },
}

/** A second equals sign, the number of the type, the bytes. */
function writeDouble(target: Buffer, at: number, value: number): number {
  target[at] = 0x3d
  target[at + 1] = 16
  return target.writeDoubleLE(value, at + 2)
}
