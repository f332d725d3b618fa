import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Unpackr } from 'msgpackr'
import { fillValues } from './curves.ts'
import { type Dataset, framesFor, makeDataset, runId, timeMs } from './dataset.ts'
import { createFrameWriter, plainFrame } from './frames.ts'

const unpacker = new Unpackr({ useRecords: false, int64AsType: 'number' })
const dense = makeDataset({ shape: 'dense', seed: 7, project: 'p', runs: 300, frames: 900 })
const sparse = makeDataset({ shape: 'sparse', seed: 7, project: 'a longer name', runs: 20, frames: 60 })

/** What a frame must mean, told without the encoder. */
function meaning(dataset: Dataset, run: number, block: number) {
  const firstStep = block * dataset.stepsPerFrame
  const values = new Float64Array(dataset.pointsPerFrame)
  fillValues(dataset.curves, run, firstStep, dataset.stepsPerFrame, values)
  const time = timeMs(dataset, run, firstStep)
  const single = dataset.stepsPerFrame === 1
  return {
    project: dataset.project,
    run: runId(run),
    writer: 'bench',
    seq: block,
    cols: [
      [
        0,
        single ? firstStep : [firstStep, 1, dataset.stepsPerFrame],
        single ? time : [time, dataset.stepMs],
        Buffer.from(values.buffer),
      ],
    ],
  }
}

for (const dataset of [dense, sparse]) {
  test(`${dataset.shape}: a frame written by hand decodes to what was meant, in a buffer used before`, () => {
    const writer = createFrameWriter(dataset)
    const frame = writer.create()
    for (const [run, block] of [
      [0, 1],
      [17, 2],
      [dataset.runs - 1, 70_000],
      [3, 1],
    ] as const) {
      writer.write(frame, run, block)
      assert.deepEqual(unpacker.unpack(frame.bytes), meaning(dataset, run, block))
    }
  })

  test(`${dataset.shape}: the plain and the fast encoder mean the same`, () => {
    const writer = createFrameWriter(dataset)
    const frame = writer.create()
    writer.write(frame, 5, 2)
    assert.deepEqual(unpacker.unpack(plainFrame(dataset, 5, 2, false)), unpacker.unpack(frame.bytes))
  })

  test(`${dataset.shape}: a run's first frame carries its update, a connection's first one the metric set`, () => {
    const { sets, update, ...rest } = unpacker.unpack(plainFrame(dataset, 0, 0, true))
    assert.deepEqual(sets, [[0, dataset.metrics.map((metric) => metric.name)]])
    assert.equal(update.state, 'running')
    assert.deepEqual(rest, meaning(dataset, 0, 0))
  })
}

test('frames have the sizes that the format promises', () => {
  assert.equal(dense.pointsPerFrame, 1000)
  assert.equal(sparse.pointsPerFrame, 100)
  assert.ok(createFrameWriter(dense).create().bytes.byteLength <= 8_100)
  assert.ok(createFrameWriter(sparse).create().bytes.byteLength <= 900)
  assert.equal(framesFor('dense', 1_000_001), 1_001)
})
