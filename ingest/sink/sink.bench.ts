import { createRecordWriter, putFrame, recordBytes } from '../record/writer.ts'
import { nativeBlock } from '../store/native-block.ts'
import { pointsColumns } from './points-columns.ts'
import { createRun } from './runs.ts'
import { seriesRows } from './series-rows.ts'
import { createSortedPoints, sortPoints } from './sorted-points.ts'
import { applyRecord, clearBatch, createBatch, createSinkState, type FrameCounts, parseRecord } from './state.ts'

/**
 * What the sink's own work costs, without log and store: records are taken apart, summaries updated, columns filled; then the changed
 * summaries become rows. Sparse: frames of 100 series with one step each; dense: of 10 series with 100 steps each.
 *
 *     node dist/ingest/sink/sink.bench.js [runs]
 */
type Shape = { readonly name: string; readonly runs: number; readonly metrics: number; readonly steps: number }

const framesPerRecord = 250
const blockRows = 1_000_000
const blocks = 12
const warmBlocks = 3
const runs = Number(process.argv[2] ?? 10_000)

const shapes: readonly Shape[] = [
  { name: 'sparse', runs, metrics: 100, steps: 1 },
  { name: 'dense', runs: 1_000, metrics: 10, steps: 100 },
]

function makeRecords({ runs, metrics, steps }: Shape, rows: number): Uint8Array[] {
  const set = { names: Array.from({ length: metrics }, (_, m) => `train/metric-${m}`) }
  const names = Array.from({ length: runs }, (_, i) => ({ project: 'bench', run: `run-${i}` }))
  const frames = Math.ceil(rows / (metrics * steps))
  const records: Uint8Array[] = []
  for (let frame = 0; frame < frames; ) {
    const writer = createRecordWriter()
    for (let i = 0; i < framesPerRecord && frame < frames; i++, frame++) {
      const turn = Math.floor(frame / runs)
      const values = Float64Array.from({ length: metrics * steps }, () => Math.random())
      const block = {
        set,
        count: steps,
        steps: { kind: 'range', start: turn * steps, stride: 1 },
        times: { kind: 'range', start: 1_700_000_000_000 + turn * 1000, stride: steps === 1 ? 0 : 1000 },
        width: 8,
        values: new Uint8Array(values.buffer),
      } as const
      const body = { writer: 'host-1', seq: turn, update: undefined, blocks: [block] }
      putFrame(writer, names[frame % runs]!, body, 1_700_000_000_000 + frame)
    }
    records.push(Uint8Array.from(recordBytes(writer)))
  }
  return records
}

function nanosecondsPerPoint(work: () => number): number {
  const before = process.cpuUsage()
  const points = work()
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / points
}

function measure(shape: Shape): void {
  const records = makeRecords(shape, blockRows * blocks)
  const state = createSinkState()
  for (let i = 0; i < shape.runs; i++) state.runs.set(`bench\0run-${i}`, createRun('bench', `run-${i}`))
  const counts = Object.fromEntries(
    ['stored', 'duplicate', 'covered', 'dead'].map((kind) => [kind, { value: 0 }]),
  ) as FrameCounts
  const batch = createBatch()
  const sorted = createSortedPoints()
  let at = 0
  const applying: number[] = []
  const columns: number[] = []
  const flushing: number[] = []
  for (let block = 0; block < blocks && at < records.length; block++) {
    const applied = nanosecondsPerPoint(() => {
      for (; at < records.length && batch.points.rows < blockRows; at++)
        applyRecord(state, batch, parseRecord(state, at, records[at]!), counts)
      return batch.points.rows
    })
    const { rows } = batch.points
    const filled = nanosecondsPerPoint(() => {
      sortPoints([batch.points], sorted)
      nativeBlock(rows, pointsColumns(sorted))
      return rows
    })
    clearBatch(batch)
    const all = [...state.runs.values()]
    const flushed = nanosecondsPerPoint(() => {
      let series = 0
      for (let from = 0; from < all.length; from += 200) {
        const table = seriesRows(state.table, all.slice(from, from + 200), at)
        nativeBlock(table.rows, table.columns)
        series += table.rows
      }
      return series
    })
    state.table.changed.fill(0)
    if (block < warmBlocks) continue
    applying.push(applied)
    columns.push(filled)
    flushing.push(flushed)
  }
  const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1]!.toFixed(1)
  console.log(`| ${shape.name} | ${median(applying)} | ${median(columns)} | ${median(flushing)} |`)
  if (counts.stored.value * shape.metrics * shape.steps !== blockRows * blocks) throw new Error('not all was applied')
}

console.log('| shape | take apart and apply, ns a point | columns, ns a point | summaries to rows, ns a series |')
console.log('| --- | --- | --- | --- |')
for (const shape of shapes) measure(shape)
