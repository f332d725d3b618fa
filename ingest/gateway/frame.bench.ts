/**
 * One question: what does a frame cost to decode, by its form, and what do the fast ways spare? The plain way is the one that names faults and
 * reads everything; beside it columns of known runs (`column-frame.ts`) and rows of known metrics (`row-layouts.ts`).
 *
 *     node dist/ingest/gateway/frame.bench.js
 */
import assert from 'node:assert/strict'
import { pack } from 'msgpackr'
import { createColumnFrameReader } from './column-frame.ts'
import { createConnectionSets } from './connection-sets.ts'
import { decodeFrame, type Frame } from './frame.ts'
import { jsonToMsgpack } from './json.ts'
import { createNameRegistry } from './names.ts'

const rounds = 150
const frames = 500

type Form = 'columns' | 'rows' | 'JSON'

function frameOf(form: Form, metrics: number, steps: number, number: number): Buffer {
  const head = { project: 'benchmark', run: `run-${100_000 + (number % 300)}`, writer: 'host-0', seq: 5_000 + number }
  const values = Float64Array.from({ length: metrics * steps }, (_, i) => Math.sin(number + i))
  const first = (1_000 + number) * steps
  if (form === 'columns') {
    const time = BigInt(1_750_000_000_000 + number)
    const stepsAndTimes =
      steps === 1
        ? [first, time]
        : [
            [first, 1, steps],
            [time, 1000],
          ]
    return pack({ ...head, cols: [[0, ...stepsAndTimes, Buffer.from(values.buffer)]] })
  }
  const log = Array.from({ length: steps }, (_, s) => ({
    step: first + s,
    metrics: Object.fromEntries(
      Array.from({ length: metrics }, (_, m) => [`train/metric_${m}`, values[m * steps + s]]),
    ),
  }))
  return form === 'JSON' ? Buffer.from(JSON.stringify({ ...head, log })) : pack({ ...head, log })
}

function nanoseconds(work: () => void): number {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = process.hrtime.bigint()
    work()
    times.push(Number(process.hrtime.bigint() - before))
  }
  return times.sort((a, b) => a - b)[rounds >> 1]! / frames
}

const cases: [name: string, form: Form, metrics: number, steps: number][] = [
  ['columns, 100 series x 1 step', 'columns', 100, 1],
  ['columns, 10 series x 100 steps', 'columns', 10, 100],
  ['rows in msgpack, 100 metrics', 'rows', 100, 1],
  ['rows in msgpack, 3 metrics', 'rows', 3, 1],
  ['rows in JSON, 100 metrics', 'JSON', 100, 1],
]

const table: Record<string, string | number>[] = []
for (const [name, form, metrics, steps] of cases) {
  const names = createNameRegistry(4)
  const plainNames = { ...createNameRegistry(4), layouts: { read: () => undefined, remember() {} } }
  const connection = createConnectionSets()
  const columns = createColumnFrameReader(names)
  const sets = [[0, Array.from({ length: metrics }, (_, m) => `train/metric_${m}`)]]
  for (const registry of [names, plainNames]) decodeFrame(pack({ project: 'p', run: 'r', sets }), registry, connection)
  const sent = Array.from({ length: frames }, (_, i) => Uint8Array.from(frameOf(form, metrics, steps, i)).buffer)
  const bytesOf = (message: ArrayBuffer) =>
    form === 'JSON' ? jsonToMsgpack(Buffer.from(message)) : Buffer.from(message)
  const plainly = (message: ArrayBuffer) => decodeFrame(bytesOf(message), plainNames, connection)
  const fast = (message: ArrayBuffer): Frame => {
    return (
      (form === 'columns' ? columns.read(new Uint8Array(message), connection) : undefined) ??
      decodeFrame(bytesOf(message), names, connection)
    )
  }
  for (const message of sent) {
    fast(message)
    const again = fast(message)
    const other = plainly(message)
    assert.deepEqual(Buffer.from(again.blocks[0]!.values), Buffer.from(other.blocks[0]!.values))
    assert.deepEqual([again.seq, again.run.run, again.points], [other.seq, other.run.run, metrics * steps])
  }
  const plainNs = nanoseconds(() => sent.forEach(plainly))
  const fastNs = nanoseconds(() => sent.forEach(fast))
  table.push({
    frame: name,
    'plain, ns': Math.round(plainNs),
    'fast, ns': Math.round(fastNs),
    'frames/s': Math.round(1e9 / fastNs),
    'ns a point': Number((fastNs / metrics / steps).toFixed(2)),
  })
}
console.table(table)
