/** What a client can do wrong, over the wire: always a named error, nothing of it stored, its neighbours unharmed. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ErrorCode, errors } from '../schema/errors.ts'
import { limits } from '../schema/limits.ts'
import { residentBytes, type Server, startServer, withDataDir } from './harness.ts'
import { metricValue, readPoints, readRun } from './read-back.ts'
import { float64, int64, openRaw, openStream, pack, postBody, postJson, postMsgpack } from './wire.ts'

const project = 'bad'
const base = { project, run: 'r' }
const MiB = 1024 * 1024

let server: Server
let end: () => void
before(async () => {
  await new Promise<void>((up, reject) => {
    withDataDir(async (dataDir) => {
      server = await startServer(dataDir, { LOG_LEVEL: 'info' })
      up()
      await new Promise<void>((close) => {
        end = close
      })
      await server.kill()
    }).catch(reject)
  })
})
after(() => end())

const row = (metrics: object, step: unknown = 1) => ({ ...base, log: [{ step, metrics }] })
const good = pack(row({ a: 1 }))
const columns = (cols: unknown[], names = ['a', 'b']) => ({ ...base, sets: [[0, names]], cols })
const manyNames = Array.from({ length: limits.metricsPerRun + 1 }, (_, i) => `m${i}`)
const flipped = Buffer.from(good)
flipped[0] = 0xc1
/** `{"metrics": {"a": 1, "a": 2}, "step": 1}`, which no JavaScript object can say. */
const twice = Buffer.concat([
  Buffer.of(0x83),
  ...['project', project, 'run', 'r', 'log'].map((text) => pack(text)),
  Buffer.of(0x91, 0x82),
  ...['step', 1, 'metrics'].map((value) => pack(value)),
  Buffer.of(0x82),
  ...['a', 1, 'a', 2].map((value) => pack(value)),
])
const frameOf = (bytes: number) => {
  const frame = pack({ ...base, seq: 77, writer: 'w', cols: [], update: { params: { a: 'x' } } })
  return Buffer.concat([frame, Buffer.alloc(bytes - frame.length)])
}
/** A valid frame but for its size: a million bytes and more of points. */
const fatFrame = (bytes: number) => {
  const count = Math.ceil(bytes / 8)
  return pack({
    ...base,
    writer: 'w',
    seq: 77,
    sets: [[0, ['a']]],
    cols: [[0, [0, 1, count], null, Buffer.alloc(count * 8)]],
  })
}

const table: [sentence: string, code: ErrorCode, message: unknown][] = [
  ['an empty message', 'malformed_msgpack', Buffer.alloc(0)],
  ['a truncated frame', 'malformed_msgpack', good.subarray(0, good.length - 3)],
  ['a frame with bytes behind it', 'malformed_msgpack', frameOf(200)],
  ['a mutated frame', 'forbidden_type', Buffer.concat([Buffer.of(0x81, 0xa1, 0x76), flipped])],
  ['a map of four billion pairs', 'malformed_msgpack', Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff])],
  ['nested arrays', 'too_deep', { ...base, log: JSON.parse('['.repeat(100) + ']'.repeat(100)) }],
  [
    'array headers alone, a million deep',
    'too_deep',
    Buffer.concat([Buffer.of(0x81, 0xa1, 0x76), Buffer.alloc(1_000_000, 0x91)]),
  ],
  ['a number where a text must be', 'wrong_type', { project: 1, run: 'r', log: [] }],
  ['a text for a value', 'wrong_type', row({ a: 'x' })],
  ['a list for metrics', 'wrong_type', { ...base, log: [{ step: 1, metrics: [1] }] }],
  ['a date, which is an extension type', 'forbidden_type', { ...base, log: new Date(0) }],
  ['an unknown version', 'unknown_version', { v: 2, ...row({ a: 1 }) }],
  ['an unknown field', 'unknown_field', { ...row({ a: 1 }), extra: 1 }],
  ['no run', 'missing_field', { project, log: [] }],
  ['an empty run id', 'bad_run', { ...row({ a: 1 }), run: '' }],
  ['a run id of 129 characters', 'bad_run', { ...row({ a: 1 }), run: 'x'.repeat(129) }],
  ['a run id with a control character', 'bad_run', { ...row({ a: 1 }), run: 'a\u0000b' }],
  ['a run id that ends with a space', 'bad_run', { ...row({ a: 1 }), run: 'a ' }],
  ['an empty project', 'bad_project', { ...row({ a: 1 }), project: '' }],
  ['a writer without seq', 'bad_writer', { ...row({ a: 1 }), writer: 'w' }],
  ['a step of 2^53', 'bad_step', row({ a: 1 }, 2 ** 53)],
  ['a step of -2^53', 'bad_step', row({ a: 1 }, -(2 ** 53))],
  ['a listed step of 2^53', 'bad_step', columns([[0, int64(2n ** 53n), null, float64(1, 2)]])],
  ['a range that ends at 2^53', 'bad_step', columns([[0, [2 ** 53 - 1, 1, 2], null, float64(1, 2, 3, 4)]])],
  ['half a step', 'bad_step', row({ a: 1 }, 0.5)],
  ['steps that go back', 'step_order', columns([[0, int64(2, 1), null, float64(1, 2, 3, 4)]])],
  ['a time in seconds of the far future', 'bad_time', { ...base, log: [{ step: 1, time: 1e15, metrics: { a: 1 } }] }],
  ['an empty metric name', 'bad_metric', row({ '': 1 })],
  ['a metric name of 513 bytes', 'bad_metric', row({ ['x'.repeat(513)]: 1 })],
  ['a metric twice in one row', 'duplicate_metric', twice],
  ['a metric twice in one set', 'duplicate_metric', columns([], ['a', 'a'])],
  ['columns of unequal length', 'unequal_columns', columns([[0, [0, 1, 3], null, float64(1, 2)]])],
  ['times of unequal length', 'unequal_columns', columns([[0, [0, 1, 2], int64(1), float64(1, 2, 3, 4)]])],
  ['a set nobody defined', 'unknown_set', { ...base, cols: [[9, 1, null, float64(1)]] }],
  ['10,001 metrics in one row', 'too_many_metrics', row(Object.fromEntries(manyNames.map((name) => [name, 1])))],
  ['10,001 metrics in one set', 'too_many_metrics', columns([], manyNames)],
  ['an unknown state', 'bad_update', { ...base, update: { state: 'done' } }],
  ['a nested param', 'bad_update', { ...base, update: { params: { a: [1] } } }],
  ['nothing to store', 'empty_frame', base],
  ['a frame one byte over the limit', 'frame_too_large', fatFrame(limits.frameBytes)],
]
const bytesOf = (message: unknown) => (message instanceof Uint8Array ? message : pack(message))

test('each bad frame gets its named error over HTTP, and nothing of the request is stored', async () => {
  for (const [sentence, code, message] of table) {
    const counter = `stepstream_refusals_total{code="${code}"}`
    const before = await metricValue(server, counter)
    const answer = await postMsgpack(server, bytesOf(message))
    assert.deepEqual(
      [answer.status, answer.error?.code],
      [errors[code].status, code],
      `${sentence}: ${answer.error?.message}`,
    )
    assert.equal(answer.error?.retryable, errors[code].retryable)
    assert.equal(await metricValue(server, counter), before + 1, sentence)
  }
  assert.equal(await readRun(server, project, 'r'), undefined)
})

test('in a list the frame at fault is named, and the good ones beside it are not stored', async () => {
  const list = [row({ a: 1 }), row({ a: 1 }, 0.5), row({ a: 2 })].map((frame) => ({ ...frame, run: 'list' }))
  for (const post of [postJson, postMsgpack]) {
    const answer = await post(server, list)
    assert.deepEqual([answer.status, answer.error?.code, answer.error?.frame], [400, 'bad_step', 1])
  }
  const { at } = await postJson(server, { project, run: 'after', log: [{ step: 1, metrics: { a: 1 } }] })
  assert.equal(await readRun(server, project, 'list', at), undefined)
})

test('each bad frame gets its named error over one WebSocket, between good ones that are all stored', async () => {
  const stream = await openStream(server)
  let at = ''
  for (const [step, [sentence, code, message]] of table.entries()) {
    const frame = { project, run: 'stream', log: [{ step, metrics: { a: step } }] }
    const [first, bad, second] = await Promise.all([
      stream.send(frame),
      stream.send(bytesOf(message)),
      stream.send({ ...frame, log: [{ step: step + 1000, metrics: { a: step } }] }),
    ])
    assert.deepEqual(
      [first.ok, bad.ok, bad.error?.code, second.ok],
      [true, false, code, true],
      `${sentence}: ${JSON.stringify(bad)}`,
    )
    if (code === 'frame_too_large') assert.equal(bad.seq, 77)
    at = second.at
  }
  const text = await stream.send(JSON.stringify(row({ a: 1 })))
  assert.deepEqual([text.ok, text.error?.code, text.seq], [false, 'text_message', null])
  assert.equal((await stream.send(row({ a: 1 }, -5))).ok, true)
  stream.close()
  const points = await readPoints(server, { project, run: 'stream', metrics: ['a'], at })
  assert.equal(points.get('a')!.length, 2 * table.length)
})

/** The engine drops the connection at the length that the header declares, without a closing frame: 1006 at the client. */
test('a message far over the limit ends its connection before it is read and harms no other', async () => {
  const [stream, neighbour] = [await openStream(server), await openStream(server)]
  const answer = stream.send(Buffer.alloc(3 * MiB)).catch((error: Error) => error)
  const { code } = await stream.closed
  assert.ok((await answer) instanceof Error)
  assert.equal((await neighbour.send(row({ a: 1 }, 2))).ok, true)
  neighbour.close()
  assert.ok(code === 1006 || code === 1009, `${code}`)
})

const json = 'application/json'
const jsonTable: [sentence: string, code: ErrorCode, type: string, body: string][] = [
  ['no JSON', 'malformed_json', json, '{'],
  ['JSON in Latin-1', 'malformed_json', json, '\ud800'],
  [
    'a metric twice in one JSON row',
    'duplicate_metric',
    json,
    `{"project":"p","run":"r","log":[{"step":1,"metrics":{"a":1,"a":2}}]}`,
  ],
  [
    'a step beyond 2^53 in JSON',
    'bad_step',
    json,
    `{"project":"p","run":"r","log":[{"step":9007199254740993,"metrics":{"a":1}}]}`,
  ],
  ['JSON nested a million deep', 'too_deep', json, '['.repeat(1_000_000) + ']'.repeat(1_000_000)],
  ['a JSON text of four million characters', 'wrong_type', json, `"${'\\n'.repeat(2_000_000)}"`],
  ['JSON called text', 'wrong_content_type', 'text/plain', '{}'],
  ['no content type', 'wrong_content_type', '', '{}'],
  ['an empty list', 'empty_frame', json, '[]'],
  ['10,001 frames in a list', 'too_many_frames', json, `[${Array(10_001).fill('{}').join(',')}]`],
]
test('each bad JSON body gets its named error', async () => {
  for (const [sentence, code, type, text] of jsonTable) {
    const body = code === 'malformed_json' && text !== '{' ? Buffer.from([0x22, 0xe9, 0x22]) : text
    const answer = await postBody(server, body, type === '' ? {} : { 'content-type': type })
    assert.deepEqual(
      [answer.status, answer.error?.code],
      [errors[code].status, code],
      `${sentence}: ${JSON.stringify(answer)}`,
    )
  }
})

test('other methods and paths have their named errors', async () => {
  const get = await fetch(`${server.url}/v1/frames`)
  assert.deepEqual(
    [get.status, ((await get.json()) as { error: { code: string } }).error.code],
    [405, 'method_not_allowed'],
  )
  const nowhere = await fetch(`${server.url}/v2/frames`, { method: 'POST', body: 'x' })
  assert.equal(nowhere.status, 404)
  // The engine hands this path to the WebSocket door only with the handshake's headers.
  assert.equal((await fetch(`${server.url}/v1/stream`)).status, 404)
})

test('a body over the limit is refused before it is read, with and without a declared length', async () => {
  const head = 'POST /v1/frames HTTP/1.1\r\nHost: test\r\nContent-Type: application/msgpack\r\n'
  const declared = openRaw(server)
  declared.socket.write(`${head}Content-Length: ${limits.bodyBytes + 1}\r\n\r\n`)
  await declared.closed
  assert.match(declared.received().toString(), /^HTTP\/1.1 413 [\s\S]*"frame_too_large"/)

  const chunked = openRaw(server)
  chunked.socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 0x91), Buffer.from('\r\n')])
  for (let i = 0; i <= limits.bodyBytes / 0x10000 && !chunked.socket.destroyed; i++) chunked.socket.write(chunk)
  await chunked.closed
  assert.match(chunked.received().toString(), /^HTTP\/1.1 413 [\s\S]*"frame_too_large"/)
})

test('a run may have 10,000 metrics; the 10,001st is refused however the frames are cut', async () => {
  const frame = (names: readonly string[], step: number) => ({
    ...{ project, run: 'wide', sets: [[0, names]] as const },
    cols: [[0, step, null, Buffer.alloc(names.length * 8)]],
  })
  const stream = await openStream(server)
  for (let from = 0; from < 10_000; from += 2500) {
    assert.equal((await stream.send(frame(manyNames.slice(from, from + 2500), 1))).ok, true)
  }
  const over = await stream.send(frame(manyNames.slice(9_990), 2))
  assert.equal(over.error?.code, 'too_many_metrics')
  assert.deepEqual((await postMsgpack(server, frame(manyNames.slice(10_000), 3))).error?.code, 'too_many_metrics')
  const { at } = await stream.send(frame(manyNames.slice(5_000, 10_000), 4))
  stream.close()
  const answer = await readRun(server, project, 'wide', at)
  assert.deepEqual([answer?.metricCount, answer?.points], [10_000, 15_000])
})

test('a metric too many that the gateway cannot know of after a restart goes to the dead letters and is counted', async () => {
  await withDataDir(async (dataDir) => {
    const frame = (names: readonly string[], seq: number) => ({
      ...{ project, run: 'wide', writer: 'w', seq, sets: [[0, names]] as const },
      cols: [[0, seq, null, Buffer.alloc(names.length * 8)]],
    })
    const dead = 'stepstream_dead_letters_total{reason="too_many_metrics"}'
    let own = await startServer(dataDir)
    assert.equal((await postMsgpack(own, frame(manyNames.slice(0, 10_000), 1))).status, 200)
    await own.stop()
    own = await startServer(dataDir)
    const over = await postMsgpack(own, frame(manyNames.slice(9_990), 2))
    assert.equal(over.status, 200)
    const { at } = await postMsgpack(own, frame(manyNames.slice(0, 10), 3))
    const answer = await readRun(own, project, 'wide', at)
    assert.deepEqual([answer?.metricCount, answer?.points], [10_000, 10_010])
    assert.deepEqual((await readPoints(own, { project, run: 'wide', metrics: ['m9995'], at })).get('m9995'), [[1, 0]])
    assert.equal(await metricValue(own, dead), 1)
    assert.match(own.output(), /"reason":"too_many_metrics"/)
    await own.kill()
  })
})

test('hostile bodies by the hundred leave the server alive and its memory bounded', async () => {
  const hostile = [
    Buffer.alloc(4 * MiB, 0x91),
    Buffer.alloc(4 * MiB, 0xdd),
    Buffer.concat([Buffer.from([0xdd, 0, 0x27, 0x10]), Buffer.alloc(4 * MiB - 5, 0x80)]),
    Buffer.concat([Buffer.from([0xdf, 0, 0x1f, 0xff, 0xff]), Buffer.alloc(4 * MiB - 5, 0xa0)]),
    Buffer.concat([Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff]), Buffer.alloc(4 * MiB - 5, 0x61)]),
  ]
  await Promise.all(hostile.map((body) => postMsgpack(server, body)))
  const before = await residentBytes(server.pid)
  for (let round = 0; round < 20; round++) {
    for (const { status } of await Promise.all(hostile.map((body) => postMsgpack(server, body))))
      assert.ok(status >= 400 && status < 500)
  }
  const { now } = await residentBytes(server.pid)
  assert.ok(now - before.now < 200 * MiB, `grew by ${now - before.now} bytes`)
  assert.equal((await postJson(server, row({ a: 1 }, 9))).status, 200)
  assert.ok(!server.output().includes('"level":50'), 'no fault was logged')
})
