import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCurves } from '../../curves.ts'
import { type Dataset, runId, timeMs } from '../../dataset.ts'
import type { Metric } from '../../metrics.ts'
import { sentSeries } from '../comparison.ts'
import { csvColumns } from './csv.ts'
import { bodies, type Frame } from './format.ts'
import { type FormatName, formats } from './formats.ts'
import { snappyLiteral } from './remote-write.ts'

const metrics: Metric[] = [
  { name: 'train/loss', kind: 'loss' },
  { name: 'grad_norm', kind: 'norm' },
]

/** Ten runs of two metrics: run 7 diverges at step 12, so it has NaN and an infinity. */
function small(stepsPerFrame: number, framesPerRun: number): Dataset {
  const frames = 10 * framesPerRun
  const pointsPerFrame = metrics.length * stepsPerFrame
  const points = frames * pointsPerFrame
  const curves = makeCurves(1, 10, metrics)
  const names = { shape: 'dense', seed: 1, project: 'p', runs: 10 } as const
  return { ...names, frames, metrics, stepsPerFrame, pointsPerFrame, points, stepMs: 250, curves }
}

const dataset = small(2, 1)
const frame: Frame = {
  run: 3,
  firstStep: 4,
  steps: 2,
  values: Float64Array.of(0.1, Number.NaN, 2e-7, Number.POSITIVE_INFINITY),
}
/** 1_750_000_000_000 + 3 runs x 1000 + 4 steps x 250. */
const [time, next] = [1_750_000_004_000, 1_750_000_004_250]

const texts: Partial<Record<FormatName, string>> = {
  jsonLines:
    `{"metric":{"__name__":"train/loss","run":"run-000003"},"values":[0.1,null],"timestamps":[${time},${next}]}\n` +
    `{"metric":{"__name__":"grad_norm","run":"run-000003"},"values":[2e-7,"Infinity"],"timestamps":[${time},${next}]}\n`,
  influxLines: `m,run=run-000003 train/loss=0.1,grad_norm=2e-7 ${time}\n`,
  csv: `run-000003,${time},0.1,2e-7\nrun-000003,${next},,\n`,
  prometheusText:
    `train/loss{run="run-000003"} 0.1 ${time}\ntrain/loss{run="run-000003"} NaN ${next}\n` +
    `grad_norm{run="run-000003"} 2e-7 ${time}\ngrad_norm{run="run-000003"} +Inf ${next}\n`,
  logBatch:
    `{"run_id":"r3","metrics":[{"key":"train/loss","value":0.1,"timestamp":${time},"step":4},` +
    `{"key":"train/loss","value":"NaN","timestamp":${next},"step":5},` +
    `{"key":"grad_norm","value":2e-7,"timestamp":${time},"step":4},` +
    `{"key":"grad_norm","value":"Infinity","timestamp":${next},"step":5}]}`,
}

for (const [name, text] of Object.entries(texts)) {
  test(`${name} writes a frame as its protocol says`, () => {
    const runIds = Array.from({ length: 10 }, (_, run) => `r${run}`)
    assert.equal(formats[name as FormatName].frame(dataset, frame, runIds), text)
  })
}

test('the columns of CSV are named for the query string', () => {
  assert.equal(csvColumns(dataset), '1:label:run,2:time:unix_ms,3:metric:train/loss,4:metric:grad_norm')
})

test("QuestDB's lines carry doubles as bytes", () => {
  const double = (value: number) => `==\x10${Buffer.from(Float64Array.of(value).buffer).toString('latin1')}`
  const [a, b, c, d] = [...frame.values].map(double)
  const text = (name: FormatName) => Buffer.from(formats[name].frame(dataset, frame, [])).toString('latin1')
  assert.equal(
    text('questNarrow'),
    `points,run=run-000003,metric=train/loss value${a},step=4i ${time}\n` +
      `points,run=run-000003,metric=train/loss value${b},step=5i ${next}\n` +
      `points,run=run-000003,metric=grad_norm value${c},step=4i ${time}\n` +
      `points,run=run-000003,metric=grad_norm value${d},step=5i ${next}\n`,
  )
  assert.equal(
    text('questWideArrival'),
    `points,run=run-000003 step=4i,train_loss${a},grad_norm${c},logged=${time}000t\n` +
      `points,run=run-000003 step=5i,train_loss${b},grad_norm${d},logged=${next}000t\n`,
  )
})

type Sample = { readonly name: string; readonly run: string; readonly time: number; readonly value: number }

/** A protobuf reader that knows nothing of the writer but the message's definition. */
function readRemoteWrite(bytes: Buffer): Sample[] {
  return fields(bytes).flatMap((series) => {
    const parts = fields(series.bytes)
    const labels = parts.filter((part) => part.number === 1).map((part) => fields(part.bytes))
    const [[, name], [, run]] = labels as [[unknown, Field], [unknown, Field]]
    return parts
      .filter((part) => part.number === 2)
      .map((sample) => {
        const [value, time] = fields(sample.bytes) as [Field, Field]
        return {
          name: String(name.bytes),
          run: String(run.bytes),
          value: value.bytes.readDoubleLE(),
          time: time.integer,
        }
      })
  })
}

type Field = { readonly number: number; readonly bytes: Buffer; readonly integer: number }

function fields(bytes: Buffer): Field[] {
  const found: Field[] = []
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const wire = tag & 7
    const integer = wire === 0 ? varint() : 0
    const length = wire === 2 ? varint() : wire === 1 ? 8 : 0
    found.push({ number: tag >> 3, bytes: bytes.subarray(at, at + length), integer })
    at += length
  }
  return found
}

/** Snappy's block format as far as it has literals only. */
function readSnappy(bytes: Buffer): Buffer {
  let at = 0
  while (bytes[at++]! >= 0x80);
  const parts: Buffer[] = []
  while (at < bytes.length) {
    assert.equal(bytes[at], 0b1111_1000)
    const length = bytes.readUIntLE(at + 1, 3) + 1
    parts.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return Buffer.concat(parts)
}

test('snappy without compression has its length in front and literals of at most 16 MiB', () => {
  assert.deepEqual([...snappyLiteral(Buffer.from('ab'))], [2, 0b1111_1000, 1, 0, 0, 97, 98])
  const large = Buffer.alloc(2 ** 24 + 5, 7)
  const encoded = snappyLiteral(large)
  assert.deepEqual([...encoded.subarray(0, 4)], [0x85, 0x80, 0x80, 0x08])
  assert.ok(readSnappy(encoded).equals(large))
})

test('remote write carries every point of every frame with its bits', () => {
  const whole = small(3, 5)
  const samples = [...bodies(whole, formats.remoteWrite, { framesPerBody: 7, oneRun: false }, [])].flatMap((body) =>
    readRemoteWrite(readSnappy(body)),
  )
  assert.equal(samples.length, whole.points)
  for (let run = 0; run < whole.runs; run++) {
    for (const [m, metric] of whole.metrics.entries()) {
      const own = samples.filter((sample) => sample.run === runId(run) && sample.name === metric.name)
      const sent = sentSeries(whole, run, m)
      assert.deepEqual(
        own.map((sample) => sample.time),
        sent.times,
      )
      assert.ok(own.every((sample, i) => Object.is(sample.value, sent.values[i])))
    }
  }
  assert.ok(samples.some((sample) => Number.isNaN(sample.value)))
  assert.ok(samples.some((sample) => sample.value === Number.POSITIVE_INFINITY))
})

test('bodies of one run hold so many of its frames, each step once', () => {
  const whole = small(2, 5)
  const runIds = Array.from({ length: whole.runs }, (_, run) => `r${run}`)
  const calls = [...bodies(whole, formats.logBatch, { framesPerBody: 2, oneRun: true }, runIds)].map(
    (body) =>
      JSON.parse(String(body)) as { run_id: string; metrics: { key: string; step: number; timestamp: number }[] },
  )
  assert.deepEqual(
    calls.map((call) => call.metrics.length),
    [...Array(10).fill(8), ...Array(10).fill(8), ...Array(10).fill(4)],
  )
  const steps = calls
    .filter((call) => call.run_id === 'r4')
    .flatMap((call) => call.metrics.filter(({ key }) => key === 'grad_norm'))
  assert.deepEqual(
    steps.map(({ step, timestamp }) => [step, timestamp]),
    Array.from({ length: 10 }, (_, step) => [step, timeMs(whole, 4, step)]),
  )
})
