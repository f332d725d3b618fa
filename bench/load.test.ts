import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureCurves } from './curve-latency.ts'
import { fillValues } from './curves.ts'
import { blocksOf, type DatasetSpec, makeDataset, runId } from './dataset.ts'
import { mergeLatencies } from './latency.ts'
import { createLoadGenerator, type LoadJob } from './load.ts'
import { probeVisibility } from './probe.ts'
import { untilQueryable } from './queryable.ts'
import { createQuestioner } from './questions.ts'
import { constantRate } from './schedule.ts'
import { type FakeServer, type FakeServerOptions, startFakeServer } from './server.fixture.ts'
import { verifyOverWire } from './wire-verification.ts'

async function withServer(options: FakeServerOptions, work: (server: FakeServer) => Promise<void>): Promise<void> {
  const server = await startFakeServer(options)
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

type Job = Omit<LoadJob, 'fromFrame' | 'generator'> & Partial<LoadJob>

async function load(job: Job) {
  const generator = { index: 0, count: 1 }
  const part = await (await createLoadGenerator({ fromFrame: 0, generator, ...job }, () => {})).start()
  return { ...part, ackMilliseconds: mergeLatencies(part.ackLatencies) }
}
const spec = (shape: 'dense' | 'sparse'): DatasetSpec => ({
  shape,
  seed: 3,
  project: 'p',
  runs: 13,
  frames: 13 * 6 - 4,
})

function assertAllArrived(server: FakeServer, datasetSpec: DatasetSpec): void {
  const dataset = makeDataset(datasetSpec)
  for (let run = 0; run < dataset.runs; run++) {
    const steps = blocksOf(dataset, run) * dataset.stepsPerFrame
    const values = new Float64Array(steps * dataset.metrics.length)
    fillValues(dataset.curves, run, 0, steps, values)
    dataset.metrics.forEach((metric, index) => {
      const points = server.series.get(`p/${runId(run)}/${metric.name}`)
      assert.equal(points?.size, steps)
      for (let step = 0; step < steps; step++) assert.ok(Object.is(points.get(step), values[index * steps + step]))
    })
  }
}

for (const shape of ['dense', 'sparse'] as const) {
  test(`${shape}: every point arrives once, over several connections, and the token names the last write`, async () => {
    await withServer({ creditFrames: 4 }, async (server) => {
      const dataset = spec(shape)
      const result = await load({ url: server.url, dataset, connections: 3 })
      assert.equal(result.frames, dataset.frames)
      assert.equal(server.frames(), dataset.frames)
      assert.equal(result.ackMilliseconds.count, dataset.frames)
      assertAllArrived(server, dataset)
      const questions = createQuestioner(server.url, undefined)
      await untilQueryable(questions, makeDataset(dataset), 3, result.at)
      questions.close()
    })
  })
}

test('frames refused for the moment are sent again, the first of a connection among them', async () => {
  const overloaded = { code: 'overloaded', retryable: true }
  await withServer({ refuse: (frame) => (frame % 3 === 1 ? overloaded : undefined) }, async (server) => {
    const result = await load({ url: server.url, dataset: spec('dense'), connections: 2 })
    assert.ok(result.retries > 10)
    assertAllArrived(server, spec('dense'))
  })
})

test('a frame refused for good ends the run with its error', async () => {
  const refuse = (frame: number) => (frame === 20 ? { code: 'bad_step', retryable: false } : undefined)
  await withServer({ refuse }, async (server) => {
    await assert.rejects(load({ url: server.url, dataset: spec('dense'), connections: 2 }), /bad_step/)
  })
})

test('in the open loop frames leave at their times, and waiting for a slow server counts as latency', async () => {
  // One frame in flight and 20 ms an answer: 50 frames a second at most, where 100 are due. The last waits for half a second.
  await withServer({ creditFrames: 1, ackAfterMs: 20 }, async (server) => {
    const dataset = { ...spec('dense'), frames: 100 }
    const result = await load({ url: server.url, dataset, connections: 1, schedule: [constantRate(100, 1)] })
    assert.ok(result.seconds > 1.9)
    assert.ok(result.ackMilliseconds.max > 800)
  })
  await withServer({}, async (server) => {
    const dataset = { ...spec('dense'), frames: 100 }
    const result = await load({ url: server.url, dataset, connections: 1, schedule: [constantRate(200, 0.5)] })
    assert.ok(result.seconds > 0.45 && result.seconds < 1)
    assert.ok(result.ackMilliseconds.p50 < 20)
  })
})

test('probes are seen, and curves compared', async () => {
  await withServer({}, async (server) => {
    const questions = createQuestioner(server.url, undefined)
    const result = await probeVisibility(server.url, undefined, 'probes', questions, AbortSignal.timeout(400))
    assert.ok(result.probes >= 5)
    const known = result.visibleInKnownRunsMilliseconds.count
    assert.ok(known >= 1)
    // The first points of known runs are of new runs too.
    assert.equal(result.visibleMilliseconds.count + known, result.probes)
    const dataset = { ...spec('dense'), frames: 65 }
    await load({ url: server.url, dataset, connections: 2 })
    assert.equal((await measureCurves(questions, makeDataset(dataset), 30)).count, 30)
    server.series.get('p/run-000002/train/accuracy')?.set(4, 0.5)
    await assert.rejects(measureCurves(questions, makeDataset(dataset), 200), /not as it was sent/)
    questions.close()
  })
})

test('what is read back over the wire is compared point by point', async () => {
  await withServer({}, async (server) => {
    const dataset = makeDataset(spec('sparse'))
    await load({ url: server.url, dataset: spec('sparse'), connections: 2 })
    const questions = createQuestioner(server.url, undefined)
    const good = await verifyOverWire(questions, dataset)
    assert.deepEqual(good.differences, [])
    assert.ok(good.exact && good.complete)
    assert.equal(good.pointsChecked, dataset.points)
    server.series.get('p/run-000004/train/accuracy')?.delete(1)
    server.series.get('p/run-000005/train/loss')?.set(2, 1)
    const bad = await verifyOverWire(questions, dataset)
    assert.equal(bad.differences.length, 2)
    questions.close()
  })
})

for (const fromFrame of [5, 13, 30, 77]) {
  test(`a second generator goes on where the first one stopped: frame ${fromFrame}`, async () => {
    await withServer({}, async (server) => {
      const whole = { ...spec('dense'), frames: 90 }
      await load({ url: server.url, dataset: { ...whole, frames: fromFrame }, connections: 3 })
      const result = await load({ url: server.url, dataset: whole, connections: 4, fromFrame })
      assert.equal(result.frames, 90 - fromFrame)
      assert.equal(server.frames(), 90)
      assertAllArrived(server, whole)
    })
  })
}

test('several generators share the connections and send every frame once, at will and in the open loop', async () => {
  for (const schedule of [undefined, [constantRate(500, 0.2)]]) {
    await withServer({}, async (server) => {
      const dataset = { ...spec('dense'), frames: 100 }
      const share = (index: number) =>
        load({
          url: server.url,
          dataset,
          connections: 5,
          generator: { index, count: 3 },
          ...(schedule && { schedule }),
        })
      const parts = await Promise.all([0, 1, 2].map(share))
      assert.equal(
        parts.reduce((sum, part) => sum + part.frames, 0),
        100,
      )
      assert.equal(server.frames(), 100)
      assertAllArrived(server, dataset)
    })
  }
})

test('more connections than frames, and thousands of them, are no trouble', async () => {
  await withServer({}, async (server) => {
    const dataset = { ...spec('sparse'), runs: 1_000, frames: 1_500 }
    const result = await load({ url: server.url, dataset, connections: 1_000 })
    assert.equal(result.frames, 1_500)
    assertAllArrived(server, dataset)
    await load({ url: server.url, dataset: { ...dataset, project: 'q', frames: 10 }, connections: 50 })
  })
})
