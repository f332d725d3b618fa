/**
 * One question: what does a frame cost to write into a record, and to read out of one? Records of many jobs' frames, as the gateway makes
 * them: `sparse` frames have 100 series and one step, `dense` ones 10 series and 100 steps. Version 1 is read beside version 2.
 *
 *     node dist/ingest/record/record.bench.js
 */
import assert from 'node:assert/strict'
import { readRecord } from './reader.ts'
import type { Block, FrameBody, MetricSet, RunName } from './record.ts'
import { createSourcePlace } from './sources.ts'
import { clearRecord, createRecordWriter, putFrame, recordBytes } from './writer.ts'
import { recordOne } from './writer-one.fixture.ts'

type Case = { readonly name: string; readonly metrics: number; readonly steps: number; readonly runs: number }
const frames = 1_000
const rounds = 400

const cases: readonly Case[] = [
  { name: 'sparse, each frame of another run', metrics: 100, steps: 1, runs: frames },
  { name: 'sparse, ten frames a run', metrics: 100, steps: 1, runs: 100 },
  { name: 'dense', metrics: 10, steps: 100, runs: 100 },
]

type Sent = { readonly run: RunName; readonly body: FrameBody; readonly receivedMs: number }

function makeFrames({ metrics, steps, runs }: Case): Sent[] {
  const set = { names: Array.from({ length: metrics }, (_, m) => `train/metric-${m}`) }
  const names = Array.from({ length: runs }, (_, i) => ({ project: 'benchmark', run: `run-${100_000 + i}` }))
  return Array.from({ length: frames }, (_, i) => {
    const turn = 5_000 + Math.floor(i / runs)
    const values = Float64Array.from({ length: metrics * steps }, () => Math.random())
    const block: Block = {
      ...{ set, count: steps, steps: { kind: 'range', start: turn * steps, stride: 1 } },
      times: { kind: 'range', start: 1_700_000_000_000 + i, stride: steps === 1 ? 0 : 1000 },
      ...{ width: 8, values: new Uint8Array(values.buffer) },
    }
    const body = { writer: 'host-1', seq: turn, update: undefined, blocks: [block] }
    return { run: names[i % runs]!, body, receivedMs: 1_700_000_000_100 + (i >> 6) }
  })
}

const sets = new Map<string, MetricSet>()
function intern(key: string, names: () => string[]): MetricSet {
  const known = sets.get(key) ?? { names: names() }
  sets.set(key, known)
  return known
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

const table: Record<string, string | number>[] = []
for (const one of cases) {
  const sent = makeFrames(one)
  const places = new Map(sent.map(({ run }) => [run, createSourcePlace()]))
  const writer = createRecordWriter(16 << 20)
  const write = (kept: boolean) => {
    clearRecord(writer)
    for (const { run, body, receivedMs } of sent)
      putFrame(writer, run, body, receivedMs, kept ? places.get(run) : undefined)
  }
  write(true)
  const record = Uint8Array.from(recordBytes(writer))
  const old = recordOne(sent)
  const points = frames * one.metrics * one.steps
  assert.deepEqual(
    readRecord(record, intern).map(({ blocks }) => Buffer.from(blocks[0]!.values)),
    sent.map(({ body }) => Buffer.from(body.blocks[0]!.values)),
  )
  assert.deepEqual(readRecord(record, intern), readRecord(old, intern))
  table.push({
    frames: one.name,
    'write, ns a frame': Math.round(nanoseconds(() => write(false))),
    'place kept by the run': Math.round(nanoseconds(() => write(true))),
    'read, ns a frame': Math.round(nanoseconds(() => readRecord(record, intern))),
    'read version 1': Math.round(nanoseconds(() => readRecord(old, intern))),
    'bytes a point': Number((record.length / points).toFixed(3)),
    'version 1': Number((old.length / points).toFixed(3)),
  })
}
console.table(table)
