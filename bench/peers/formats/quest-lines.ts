/** QuestDB's line protocol, version 2: InfluxDB's lines with doubles as their eight bytes. */
import { type Dataset, runId, timeMs } from '../../dataset.ts'
import type { Format, Frame } from './format.ts'

/** All rows go there. */
export const questTable = 'points'

/** QuestDB refuses slashes in names of columns. */
export const columnOf = (metric: string) => metric.replaceAll('/', '_')

/** A row for each point: run and metric as symbols. */
export const questNarrow: Format = { frame: (dataset, frame) => narrow(dataset, frame, atItsTime) }
export const questNarrowArrival: Format = { frame: (dataset, frame) => narrow(dataset, frame, atArrival) }

/** A row for each step of a run, with a column for each metric: the layout that QuestDB is built for. */
export const questWide: Format = { frame: (dataset, frame) => wide(dataset, frame, atItsTime) }
export const questWideArrival: Format = { frame: (dataset, frame) => wide(dataset, frame, atArrival) }

type LineEnd = (timeMs: number) => string

/** The table is in the order of the points' own times. */
const atItsTime: LineEnd = (time) => ` ${time}\n`

/** In the order of arrival: the server adds that time, and the point's is a column like any other, in microseconds. */
const atArrival: LineEnd = (time) => `,logged=${time}000t\n`

function narrow(dataset: Dataset, { run, firstStep, steps, values }: Frame, lineEnd: LineEnd): Buffer {
  const heads = dataset.metrics.map((metric) => `${questTable},run=${runId(run)},metric=${metric.name} value=`)
  const longest = Math.max(...heads.map((head) => head.length))
  const target = Buffer.allocUnsafe(values.length * (longest + 100))
  let at = 0
  for (const [m, head] of heads.entries()) {
    for (let i = 0; i < steps; i++) {
      at += target.write(head, at, 'latin1')
      at = writeDouble(target, at, values[m * steps + i]!)
      const end = `,step=${firstStep + i}i${lineEnd(timeMs(dataset, run, firstStep + i))}`
      at += target.write(end, at, 'latin1')
    }
  }
  return target.subarray(0, at)
}

function wide(dataset: Dataset, { run, firstStep, steps, values }: Frame, lineEnd: LineEnd): Buffer {
  const columns = dataset.metrics.map((metric) => `,${columnOf(metric.name)}=`)
  const columnBytes = columns.reduce((sum, column) => sum + column.length + 10, 0)
  const target = Buffer.allocUnsafe(steps * (columnBytes + 150))
  let at = 0
  for (let i = 0; i < steps; i++) {
    at += target.write(`${questTable},run=${runId(run)} step=${firstStep + i}i`, at, 'latin1')
    for (const [m, column] of columns.entries()) {
      at += target.write(column, at, 'latin1')
      at = writeDouble(target, at, values[m * steps + i]!)
    }
    at += target.write(lineEnd(timeMs(dataset, run, firstStep + i)), at, 'latin1')
  }
  return target.subarray(0, at)
}

/** A second equals sign, the number of the type, the bytes. */
function writeDouble(target: Buffer, at: number, value: number): number {
  target[at] = 0x3d
  target[at + 1] = 16
  return target.writeDoubleLE(value, at + 2)
}
