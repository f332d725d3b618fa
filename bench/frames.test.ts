import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Unpackr } from 'msgpackr'
import { fillValues } from './curves.ts'
import { type Dataset, framesFor, makeDataset, runId, timeMs } from './dataset.ts'
import { type Batch, type BatchWriter, createBatchWriter, plainFrame, writerOf } from './frames.ts'

const unpacker = new Unpackr({ useRecords: false, int64AsType: 'number' })
const dense = makeDataset({ shape: 'dense', seed: 7, project: 'p', runs: 300, frames: 900 })
const sparse = makeDataset({ shape: 'sparse', seed: 7, project: 'a longer name', runs: 20, frames: 60 })

/** The frame of one message of a batch. */
function frameIn({ bytes }: Batch, { messageBytes, frameBytes }: BatchWriter, index: number): Buffer {
  const end = (index + 1) * messageBytes
  return bytes.subarray(end - frameBytes, end)
}

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
    writer: writerOf(dataset),
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
  test(`${dataset.shape}: a frame written by hand decodes to what was meant, in a batch used before`, () => {
    const writer = createBatchWriter(dataset)
    const batch = writer.create()
    for (const [run, block] of [
      [0, 1],
      [17, 2],
      [dataset.runs - 1, 70_000],
      [3, 1],
    ] as const) {
      for (const index of [0, 1, writer.capacity - 1]) {
        writer.write(batch, index, run, block)
        assert.deepEqual(unpacker.unpack(frameIn(batch, writer, index)), meaning(dataset, run, block))
      }
    }
  })

  test(`${dataset.shape}: the plain and the fast encoder mean the same`, () => {
    const writer = createBatchWriter(dataset)
    const batch = writer.create()
    for (let index = 0; index < writer.capacity; index++) writer.write(batch, index, index % dataset.runs, index + 1)
    for (let index = 0; index < writer.capacity; index++) {
      const plain = plainFrame(dataset, index % dataset.runs, index + 1, false)
      assert.deepEqual(unpacker.unpack(frameIn(batch, writer, index)), unpacker.unpack(plain))
    }
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
  assert.ok(createBatchWriter(dense).frameBytes <= 8_100)
  assert.ok(createBatchWriter(sparse).frameBytes <= 900)
  assert.equal(framesFor('dense', 1_000_001), 1_001)
})
