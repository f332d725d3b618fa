/** Clients that are slow, greedy, strangers, or too many bytes: bounded in time and memory, refused by name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { withServer } from './harness.ts'
import { ask, graphql, metricValue, readPoints, readRun } from './read-back.ts'
import { Lost, openRaw, openStream, postBody, postJson, postMsgpack, upgradeRequest } from './wire.ts'

const project = 'abuse'
const row = (step: number, run = 'r') => ({ project, run, log: [{ step, metrics: { a: step } }] })

test('a body that comes one byte at a time is refused with request_timeout, while others are served', async () => {
  await withServer({ BODY_TIMEOUT_MS: 700 }, async (server) => {
    const slow = openRaw(server)
    const head =
      'POST /v1/frames HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n'
    slow.socket.write(head)
    const started = performance.now()
    const drip = setInterval(() => slow.socket.write(' '), 100)
    assert.equal((await postJson(server, row(1))).status, 200)
    await slow.closed
    clearInterval(drip)
    const took = performance.now() - started
    assert.match(slow.received().toString(), /^HTTP\/1.1 408 [\s\S]*"request_timeout"/)
    assert.ok(took > 600 && took < 5_000, `${took} ms`)
    assert.equal(await metricValue(server, 'stepstream_refusals_total{code="request_timeout"}'), 1)
  })
})

test('a WebSocket message that comes one byte at a time is closed with 4408; an idle client that answers pings stays', async () => {
  await withServer({ MESSAGE_TIMEOUT_MS: 1000 }, async (server) => {
    const idle = await openStream(server)
    const slow = openRaw(server)
    slow.socket.write(upgradeRequest)
    await sleep(200)
    // A masked binary message of 1000 bytes, of which a few will come.
    slow.socket.write(Buffer.from([0x82, 0xfe, 0x03, 0xe8, 0, 0, 0, 0]))
    const drip = setInterval(() => slow.socket.write(Buffer.of(0x91)), 100)
    const started = performance.now()
    await slow.closed
    clearInterval(drip)
    assert.ok(performance.now() - started < 5_000)
    const closing = Buffer.concat([Buffer.from([0x88, 17, 4408 >> 8, 4408 & 0xff]), Buffer.from('request_timeout')])
    assert.ok(slow.received().includes(closing), slow.received().toString('latin1'))
    await sleep(2_500)
    assert.equal((await idle.send(row(2))).ok, true)
    idle.close()
  })
})

test('a client that ignores its credit gets too_many_in_flight for what is beyond, an answer for every message, and can send again', async () => {
  await withServer({}, async (server) => {
    const stream = await openStream(server)
    // The server reads what has arrived as one piece: in the end that is more than the credit, however fast the log can sync.
    const count = 20 * stream.hello.frames
    const frame = (seq: number) => ({ ...row(seq, 'greedy'), writer: 'w', seq })
    const answers = await stream.sendTogether(Array.from({ length: count }, (_, seq) => frame(seq)))
    assert.deepEqual(new Set(answers.map((answer) => answer.error?.code)), new Set([undefined, 'too_many_in_flight']))
    assert.ok(answers.filter((answer) => answer.ok).length >= stream.hello.frames)
    for (const [seq, answer] of answers.entries()) assert.deepEqual([answer.seq, answer.n], [seq, seq + 1])
    const stored = async (at: string) => {
      const found = await readPoints(server, { project, run: 'greedy', metrics: ['a'], at })
      return found.get('a')!.map(([step]) => step)
    }
    const taken = [...answers.keys()].filter((seq) => answers[seq]!.ok)
    assert.deepEqual(await stored(answers[taken.at(-1)!]!.at), taken)
    const refusedFirst = [...answers.keys()].filter((seq) => !answers[seq]!.ok)
    let at = ''
    // As many at once as its credit allows.
    for (let from = 0; from < refusedFirst.length; from += stream.hello.frames) {
      const some = refusedFirst.slice(from, from + stream.hello.frames)
      const again = await Promise.all(some.map((seq) => stream.send(frame(seq))))
      at = again.at(-1)!.at
    }
    assert.deepEqual(await stored(at), [...answers.keys()])
    const refused = await metricValue(server, 'stepstream_refusals_total{code="too_many_in_flight"}')
    assert.equal(refused, count - taken.length)
    stream.close()
  })
})

test('more bytes in flight than the credit get answers too, every one', async () => {
  await withServer({}, async (server) => {
    const stream = await openStream(server)
    const values = Buffer.alloc(900_000)
    const frame = (step: number) => ({
      project,
      run: 'fat',
      sets: [[0, ['a']] as const],
      cols: [[0, [step * 112_500, 1, 112_500], null, values]],
    })
    const answers = await Promise.all(Array.from({ length: 30 }, (_, step) => stream.send(frame(step))))
    for (const answer of answers) assert.ok(answer.ok || answer.error?.code === 'too_many_in_flight')
    const taken = answers.filter((answer) => answer.ok)
    const run = await readRun(server, project, 'fat', taken.at(-1)!.at)
    assert.equal(run?.points, taken.length * 112_500)
    stream.close()
  })
})

test('with a key set, every door asks for it', async () => {
  await withServer({ API_KEY: 'a secret key' }, async (server) => {
    const type = { 'content-type': 'application/json' }
    const question = '{ server { watermark } }'
    const wrong = [
      {},
      { authorization: 'Bearer a secret keX' },
      { authorization: 'a secret key' },
      { authorization: 'Bearer a secret key2' },
    ]
    for (const headers of wrong as Record<string, string>[]) {
      const post = await postBody(server, JSON.stringify(row(1)), { ...type, ...headers })
      assert.deepEqual([post.status, post.error?.code], [401, 'unauthorized'])
      await assert.rejects(openStream(server, headers), /401/)
      assert.equal((await graphql(server, question, {}, headers)).status, 401)
    }
    const key = { authorization: 'Bearer a secret key' }
    assert.equal((await postBody(server, JSON.stringify(row(1)), { ...type, ...key })).status, 200)
    const stream = await openStream(server, key)
    assert.equal((await stream.send(row(2))).ok, true)
    stream.close()
    assert.deepEqual((await graphql(server, question, {}, key)).errors, [])
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
    assert.equal((await metricValue(server, 'stepstream_refusals_total{code="unauthorized"}')) >= 12, true)
  })
})

test('a page of another origin may use no door; one of the same origin may', async () => {
  await withServer({}, async (server) => {
    const type = { 'content-type': 'application/json' }
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${server.port + 1}`, 'file://']) {
      const post = await postBody(server, JSON.stringify(row(1)), { ...type, origin })
      assert.deepEqual([post.status, post.error?.code], [403, 'forbidden_origin'], origin)
      await assert.rejects(openStream(server, { origin }), /403/)
      assert.equal((await graphql(server, '{ server { watermark } }', {}, { origin })).status, 403)
    }
    const origin = server.url
    assert.equal((await postBody(server, JSON.stringify(row(1)), { ...type, origin })).status, 200)
    const stream = await openStream(server, { origin })
    assert.equal((await stream.send(row(2))).ok, true)
    stream.close()
  })
})

test('a full log refuses with log_full, keeps what it acknowledged, and takes frames again when the sink has caught up', async () => {
  // With ten minutes between flushes nothing leaves the log by itself; a question for summaries makes them happen at once.
  await withServer({ LOG_MAX_BYTES: 16 * 1024 * 1024, FLUSH_INTERVAL_MS: 600_000 }, async (server) => {
    const count = 100_000
    const frame = (seq: number) => ({
      ...{ project, run: 'full', writer: 'w', seq, sets: [[0, ['a']] as const] },
      cols: [[0, [seq * count, 1, count], null, Buffer.alloc(count * 8)]],
    })
    for (let fill = 0, seq = 0; fill < 2; fill++) {
      let at = ''
      for (let refused = false; !refused; ) {
        const answer = await postMsgpack(server, frame(seq))
        if (answer.status === 200) {
          at = answer.at
          seq++
          assert.ok(seq < 100, 'the log never became full')
        } else {
          refused = true
          assert.deepEqual([answer.status, answer.error?.code, answer.error?.retryable], [507, 'log_full', true])
        }
      }
      const stream = await openStream(server)
      const small = await stream.send(frame(seq))
      assert.equal(small.error?.code, 'log_full')
      stream.close()
      assert.ok(seq > 10)
      assert.equal((await readRun(server, project, 'full', at))?.points, seq * count)
    }
    const { server: answer } = await ask<{ server: { watermark: string } }>(server, '{ server { watermark } }')
    assert.ok(answer.watermark.length > 0)
  })
})

test('a connection that is lost rejects what waits for it', async () => {
  await withServer({}, async (server) => {
    const stream = await openStream(server)
    await server.kill()
    await stream.closed
    await assert.rejects(stream.send(row(1)), Lost)
  })
})
