/** Every door in, and what comes out again: bit-exact points, metadata, summaries, read-your-writes, re-sent frames stored once. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Server, startServer, withDataDir, withServer } from './harness.ts'
import { ask, metricValue, type Point, readPoints, readRun, samePoints, summaryOf } from './read-back.ts'
import { type Frame, float32, float64, int64, openStream, postJson, postMsgpack, type Stream } from './wire.ts'

const largest = Number.MAX_SAFE_INTEGER
const project = 'doors'

let server: Server
let end: () => void
before(async () => {
  const up = new Promise<void>((resolve, reject) => {
    withDataDir(async (dataDir) => {
      server = await startServer(dataDir)
      resolve()
      await new Promise<void>((close) => {
        end = close
      })
      await server.kill()
    }).catch(reject)
  })
  await up
})
after(() => end())

/** The values that a careless codec loses. */
const odd = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324, -5e-324, 2.2250738585072009e-308],
  ...[Number.MAX_VALUE, -Number.MAX_VALUE, 0.1, 1 / 3, largest, 2 ** 53 + 2, -1e-300, Math.PI],
]
const oddSteps = [-largest, -(2 ** 32) - 1, -(2 ** 31), -7, 0, 1, 2 ** 31, 2 ** 32, 2 ** 40 + 3, largest]

type Series = Record<string, Point[]>
type Sent = { readonly at: string }
/** How the frames of one row of the table reach the server. */
type Door = (frames: readonly Frame[]) => Promise<Sent>

const viaJson: Door = async (frames) => {
  let sent: Sent | undefined
  for (const frame of frames) {
    const answer = await postJson(server, frame)
    assert.deepEqual([answer.status, answer.frames], [200, 1], JSON.stringify(answer))
    sent = answer
  }
  return sent!
}
const viaMsgpack: Door = async (frames) => {
  let sent: Sent | undefined
  for (const frame of frames) {
    sent = await postMsgpack(server, frame)
    assert.equal((sent as Sent & { status: number }).status, 200, JSON.stringify(sent))
  }
  return sent!
}
const viaJsonList: Door = async (frames) => {
  const answer = await postJson(server, frames)
  assert.deepEqual([answer.status, answer.frames], [200, frames.length], JSON.stringify(answer))
  return answer
}
const viaMsgpackList: Door = async (frames) => {
  const answer = await postMsgpack(server, frames)
  assert.deepEqual([answer.status, answer.frames], [200, frames.length], JSON.stringify(answer))
  return answer
}
const viaStream: Door = async (frames) => {
  const stream = await openStream(server)
  const answers = await Promise.all(frames.map((frame) => stream.send(frame)))
  stream.close()
  for (const [i, answer] of answers.entries()) {
    assert.deepEqual([answer.ok, answer.n, answer.seq], [true, i + 1, frames[i]!.seq ?? null], JSON.stringify(answer))
  }
  return answers.at(-1)!
}

const rows = (steps: readonly number[], values: readonly number[], json: boolean) =>
  steps.map((step, i) => ({ step, metrics: { loss: json ? inJson(values[i]!) : values[i]!, twice: i * 2 } }))
const inJson = (value: number) => (Number.isFinite(value) ? value : String(value))
const zip = (steps: readonly number[], values: readonly number[]): Point[] => steps.map((step, i) => [step, values[i]!])
const range = (start: number, stride: number, count: number) =>
  Array.from({ length: count }, (_, i) => start + stride * i)
/** JSON.stringify and msgpackr write -0 as 0. */
const plain = odd.map((value) => (value === 0 ? 0 : value))
const plainSteps = range(-5, 3, plain.length)
const long = range(0, 1, 5000).map((i) => Math.sin(i / 100) + i * 1e-9)

const doors: { sentence: string; door: Door; frames: (run: string) => Frame[]; expected: Series }[] = [
  {
    sentence: 'hand-written JSON over HTTP',
    door: viaJson,
    frames: (run) => [{ project, run, log: rows(plainSteps, plain, true) }],
    expected: { loss: zip(plainSteps, plain), twice: zip(plainSteps, range(0, 2, plain.length)) },
  },
  {
    sentence: 'a list of JSON frames over HTTP',
    door: viaJsonList,
    frames: (run) => plain.map((value, i) => ({ project, run, log: rows([plainSteps[i]!], [value], true) })),
    expected: { loss: zip(plainSteps, plain), twice: zip(plainSteps, range(0, 0, plain.length)) },
  },
  {
    sentence: 'hand-written msgpack over HTTP',
    door: viaMsgpack,
    frames: (run) => [{ project, run, log: rows(plainSteps, plain, false) }],
    expected: { loss: zip(plainSteps, plain), twice: zip(plainSteps, range(0, 2, plain.length)) },
  },
  {
    sentence: 'hand-written msgpack over HTTP, steps at both ends of what is allowed',
    door: viaMsgpack,
    frames: (run) => [{ project, run, log: oddSteps.map((step, i) => ({ step, metrics: { s: i / 7 } })) }],
    expected: { s: oddSteps.map((step, i) => [step, i / 7]) },
  },
  {
    sentence: 'columns over HTTP: float64 of every kind, a range of steps, a range of times',
    door: viaMsgpack,
    frames: (run) => [
      {
        project,
        run,
        sets: [[0, ['a', 'b']]],
        cols: [[0, [-9, 4, odd.length], [1000, 7], float64(...odd, ...[...odd].reverse())]],
      },
    ],
    expected: { a: zip(range(-9, 4, odd.length), odd), b: zip(range(-9, 4, odd.length), [...odd].reverse()) },
  },
  {
    sentence: 'columns over HTTP: listed steps at both ends, listed times',
    door: viaMsgpack,
    frames: (run) => [
      {
        ...{ project, run, sets: [[7, ['a']]] },
        cols: [[7, int64(...oddSteps), int64(...range(-5, 1, oddSteps.length)), float64(...oddSteps)]],
      },
    ],
    expected: { a: zip(oddSteps, oddSteps) },
  },
  {
    sentence: 'columns over HTTP: float32, one step a block, one time',
    door: viaMsgpack,
    frames: (run) => [
      {
        ...{ project, run, sets: [[65_535, ['x', 'y', 'z']]] },
        cols: [
          [65_535, 1, 5000, float32(0.1, Number.NaN, -0)],
          [65_535, 2, null, float32(1.401298464324817e-45, Number.NEGATIVE_INFINITY, 3.4028234663852886e38)],
        ],
      },
    ],
    expected: {
      x: zip([1, 2], [Math.fround(0.1), 1.401298464324817e-45]),
      y: zip([1, 2], [Number.NaN, Number.NEGATIVE_INFINITY]),
      z: zip([1, 2], [-0, 3.4028234663852886e38]),
    },
  },
  {
    sentence: 'a list of column frames over HTTP that share a set',
    door: viaMsgpackList,
    frames: (run) => [
      { project, run, sets: [[1, ['a', 'b']]], cols: [[1, [0, 1, 2], null, float64(1, 2, 3, 4)]] },
      { project, run, cols: [[1, [2, 1, 2], null, float64(5, 6, 7, 8)]] },
    ],
    expected: { a: zip([0, 1, 2, 3], [1, 2, 5, 6]), b: zip([0, 1, 2, 3], [3, 4, 7, 8]) },
  },
  {
    sentence: 'hand-written frames over a WebSocket',
    door: viaStream,
    frames: (run) => plainSteps.map((step, i) => ({ project, run, seq: i, log: rows([step], [plain[i]!], false) })),
    expected: { loss: zip(plainSteps, plain), twice: zip(plainSteps, range(0, 0, plain.length)) },
  },
  {
    sentence: 'columns over a WebSocket, sets defined once and one defined anew, 5000 points a series',
    door: viaStream,
    frames: (run) => [
      {
        project,
        run,
        sets: [
          [0, ['a', 'b']],
          [1, ['c']],
        ],
      },
      ...range(0, 500, 10).map((start) => ({
        ...{ project, run },
        cols: [[0, [start, 1, 500], null, float64(...long.slice(start, start + 500), ...range(start, 1, 500))]],
      })),
      { project, run, sets: [[1, ['d']]], cols: [[1, 3, null, float64(-0)]] },
    ],
    expected: { a: zip(range(0, 1, 5000), long), b: zip(range(0, 1, 5000), range(0, 1, 5000)), c: [], d: [[3, -0]] },
  },
]

for (const [number, { sentence, door, frames, expected }] of doors.entries()) {
  test(`${sentence}: every point comes back to the bit, and the summaries are right`, async () => {
    const run = `run ${number}`
    const { at } = await door(frames(run))
    const names = Object.keys(expected)
    // Summaries first: `at` must be waited for by either question alone.
    const answer = await readRun(server, project, run, at)
    const points = await readPoints(server, { project, run, metrics: names, at })
    for (const name of names) samePoints(points.get(name)!, expected[name]!, name)
    const logged = names.filter((name) => expected[name]!.length > 0).sort()
    assert.deepEqual(
      answer?.metrics,
      logged.map((name) => summaryOf(name, expected[name]!)),
    )
    assert.equal(
      answer.points,
      logged.reduce((sum, name) => sum + expected[name]!.length, 0),
    )
    assert.equal(answer.metricCount, logged.length)
  })
}

test('-0 and whole numbers written as floats survive JSON text', async () => {
  const text = `{"project":"${project}","run":"text","log":[{"step":-0,"metrics":{"a":-0.0,"b":1e0,"c":1e400,"d":1234567890123456789}}]}`
  const { at, status } = await postJson(server, text)
  assert.equal(status, 200)
  const points = await readPoints(server, { project, run: 'text', metrics: ['a', 'b', 'c', 'd'], at })
  assert.deepEqual([...points.values()].flat(), [
    [0, -0],
    [0, 1],
    [0, Number.POSITIVE_INFINITY],
    [0, 1234567890123456800],
  ])
})

test('of a step logged three times, by three doors, the last one counts and all are kept', async () => {
  const run = 'repeated'
  await viaJson([{ project, run, log: [{ step: 1, metrics: { a: 1 } }] }])
  await viaMsgpack([
    {
      project,
      run,
      log: [
        { step: 1, metrics: { a: 2 } },
        { step: 1, metrics: { a: 3 } },
      ],
    },
  ])
  const { at } = await viaStream([{ project, run, sets: [[0, ['a']]], cols: [[0, 1, null, float64(4)]] }])
  const all = await readPoints(server, { project, run, metrics: ['a'], at })
  assert.deepEqual(all.get('a'), [
    [1, 1],
    [1, 2],
    [1, 3],
    [1, 4],
  ])
  const query = 'query ($in: SeriesInput!) { series(input: $in) { steps values receipt { superseded } } }'
  const input = { project, runs: [run], metrics: ['a'], at }
  assert.deepEqual(await ask(server, query, { in: input }), {
    series: [{ steps: [1], values: [4], receipt: { superseded: 3 } }],
  })
  assert.equal((await readRun(server, project, run, at))?.metrics[0]?.last, 4)
})

test('name, state, params and tags are merged key by key, types kept, and null removes', async () => {
  const run = 'metadata'
  const params = {
    lr: 0.1,
    layers: 3,
    on: true,
    off: false,
    optimizer: 'adam',
    gone: 1,
    '10': 'ten',
    nan: 'NaN',
    __proto: 'x',
  }
  await viaJson([{ project, run, update: { name: 'first', params, tags: { team: 'vision', old: 'x' } } }])
  await viaStream([{ project, run, update: { state: 'failed', params: { gone: null, lr: 0.2 }, tags: { old: null } } }])
  const { at } = await viaMsgpack([
    { project, run, update: { name: 'sécond 模型', state: 'finished', params: { inf: Number.NEGATIVE_INFINITY } } },
  ])
  const answer = await readRun(server, project, run, at)
  const { gone: _, ...kept } = params
  assert.deepEqual(answer, {
    ...{
      name: 'sécond 模型',
      state: 'FINISHED',
      params: { ...kept, lr: 0.2, inf: '-Infinity' },
      tags: { team: 'vision' },
    },
    ...{ points: 0, metricCount: 0, metrics: [] },
  })
})

test('a frame that only defines sets is acknowledged', async () => {
  await viaStream([{ project, run: 'sets only', sets: [[0, ['a']]] }])
})

test('a question with `at` sees the write at once, hundreds of times in a row', async () => {
  const stream = await openStream(server)
  for (let step = 0; step < 200; step++) {
    const { at } = await stream.send({ project, run: 'at', log: [{ step, metrics: { a: step } }] })
    const input = { project, runs: ['at'], metrics: ['a'], at, fromStep: step }
    const answer = await ask<{ series: { values: number[] }[] }>(
      server,
      'query ($in: SeriesInput!) { series(input: $in) { values } }',
      { in: input },
    )
    assert.deepEqual(answer.series[0]!.values, [step])
  }
  stream.close()
})

test('without `at` a point is there within a second', async () => {
  const run = 'no at'
  await viaJson([{ project, run, log: [{ step: 1, metrics: { a: 1 } }] }])
  const started = performance.now()
  for (;;) {
    const { runs } = await ask<{ runs: { nodes: object[] } }>(
      server,
      `{ runs(project: "${project}", filter: {run: {is: "${run}"}}) { nodes { run } } }`,
    )
    // The run is there a moment before its points: until it is, a question for its points is refused.
    if (runs.nodes.length === 1) {
      const found = await readPoints(server, { project, run, metrics: ['a'] })
      if (found.get('a')?.length) {
        assert.deepEqual(found.get('a'), [[1, 1]])
        break
      }
    }
    assert.ok(performance.now() - started < 1000)
  }
})

test('a frame sent again with its writer and seq is stored once: other doors, reconnect, restart, kill -9', async () => {
  await withDataDir(async (dataDir) => {
    const frame = (seq: number): Frame => ({
      ...{ project, run: 'again', writer: 'w', seq },
      log: [{ step: seq, metrics: { a: seq } }],
    })
    const columns = (seq: number) => ({
      ...frame(seq),
      log: [],
      sets: [[0, ['a']] as const],
      cols: [[0, seq, null, float64(seq)]],
    })
    let own = await startServer(dataDir, { FLUSH_INTERVAL_MS: 100 })
    const sendAll = async () => {
      let at = ''
      for (const seq of [3, 1, 2, 5]) {
        const json = await postJson(own, frame(seq))
        const msgpack = await postMsgpack(own, columns(seq))
        assert.deepEqual([json.status, msgpack.status], [200, 200])
        for (let connection = 0; connection < 2; connection++) {
          const stream: Stream = await openStream(own)
          const answers = await Promise.all([
            stream.send(frame(seq)),
            stream.send(columns(seq)),
            stream.send(frame(seq)),
          ])
          assert.ok(answers.every((answer) => answer.ok && answer.seq === seq))
          at = answers.at(-1)!.at
          stream.close()
        }
      }
      const found = await readPoints(own, { project, run: 'again', metrics: ['a'], at })
      assert.deepEqual(found.get('a'), [
        [1, 1],
        [2, 2],
        [3, 3],
        [5, 5],
      ])
      assert.equal((await readRun(own, project, 'again', at))?.points, 4)
    }
    await sendAll()
    assert.equal(await metricValue(own, 'stepstream_sink_frames_total{outcome="duplicate"}'), 4 * 8 - 4)
    for (const end of ['SIGTERM', 'SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      if (end === 'SIGKILL') await own.kill()
      else assert.deepEqual(await own.stop(), { code: 0, signal: null })
      own = await startServer(dataDir, { FLUSH_INTERVAL_MS: 100 })
      await sendAll()
    }
    // The same numbers of another writer, and of another run, are other frames.
    await postJson(own, { ...frame(3), writer: 'v' })
    const { at } = await postJson(own, { ...frame(3), run: 'other' })
    const points = await readPoints(own, { project, run: 'again', metrics: ['a'], at })
    assert.equal(points.get('a')!.length, 5)
    const other = await readPoints(own, { project, run: 'other', metrics: ['a'], at })
    assert.equal(other.get('a')!.length, 1)
    await own.kill()
  })
})

test('summaries go on exactly when runs leave memory and come back', async () => {
  await withServer({ MAX_ACTIVE_SERIES: 10_000, FLUSH_INTERVAL_MS: 100, INSERT_INTERVAL_MS: 1 }, async (own) => {
    const names = range(0, 1, 3000).map((i) => `m${i}`)
    const model = new Map<string, Point[]>()
    for (let round = 0; round < 3; round++) {
      for (const run of ['a', 'b', 'c', 'd', 'e']) {
        const value = round === 1 ? Number.NaN : round - 0.5
        const cols = [[0, 5 - round, null, float64(...names.map(() => value))]]
        const { at } = await postMsgpack(own, { project, run, writer: 'w', seq: round, sets: [[0, names]], cols })
        model.set(run, [[5 - round, value], ...(model.get(run) ?? [])])
        const answer = await readRun(own, project, run, at)
        assert.deepEqual(answer?.metrics[2999], summaryOf('m999', model.get(run)!), `round ${round} of ${run}`)
        assert.equal(answer.points, 3000 * (round + 1))
      }
    }
    assert.ok((await metricValue(own, 'stepstream_active_series')) <= 13_000)
  })
})
