import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createDoors, type Doors } from './doors.ts'

type Given = { readonly status: number; readonly body: string }
type Asked = { readonly path: string; readonly authorization: string | undefined; readonly type: string | undefined }

/** Doors to a server that gives these answers one after the other, and what it was asked. */
async function withAnswers(
  answers: readonly Given[],
  work: (doors: Doors, asked: Asked[]) => Promise<void>,
): Promise<void> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const { authorization, 'content-type': type } = request.headers
    const { status, body } = answers[Math.min(asked.length, answers.length - 1)]!
    asked.push({ path: request.url ?? '', authorization, type })
    request.resume().on('end', () => response.writeHead(status).end(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    await work(createDoors({ url, framesUrl: `${url}/gateway`, key: 'a key', pauseMs: 1 }), asked)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const json = (status: number, body: unknown): Given => ({ status, body: JSON.stringify(body) })
const failed = (code: string, retryable: boolean) =>
  json(200, { errors: [{ message: 'why', extensions: { code, retryable } }], data: null })
const refused = (code: string, retryable: boolean) => json(503, { error: { code, message: 'why', retryable } })

test('both doors are asked at their own address, with the key', async () => {
  await withAnswers([json(200, { data: { x: 1 }, at: 'token' })], async (doors, asked) => {
    assert.deepEqual(await doors.ask('{ x }'), { x: 1 })
    assert.deepEqual(await doors.send(Uint8Array.of(0x90)), { kind: 'durable', at: 'token' })
    assert.deepEqual(asked, [
      { path: '/graphql', authorization: 'Bearer a key', type: 'application/json' },
      { path: '/gateway/v1/frames', authorization: 'Bearer a key', type: 'application/msgpack' },
    ])
  })
})

test('what can pass is tried again', async () => {
  const late = failed('WATERMARK_TIMEOUT', true)
  await withAnswers([late, late, json(200, { data: { x: 1 } })], async (doors, asked) => {
    assert.deepEqual(await doors.ask('{ x }'), { x: 1 })
    assert.equal(asked.length, 3)
  })
  await withAnswers([refused('log_full', true), json(200, { at: 'token' })], async (doors) => {
    assert.deepEqual(await doors.send(new Uint8Array(0)), { kind: 'durable', at: 'token' })
  })
})

test('what does not pass ends it by its name, after some tries', async () => {
  await withAnswers([refused('overloaded', true)], async (doors, asked) => {
    await assert.rejects(doors.send(new Uint8Array(0)), /^Error: overloaded: why$/)
    assert.equal(asked.length, 5)
  })
})

test('a refusal of the frame is an answer, one of the caller an end', async () => {
  await withAnswers([refused('too_many_metrics', false)], async (doors, asked) => {
    const verdict = { kind: 'refused', code: 'too_many_metrics', message: 'why' }
    assert.deepEqual(await doors.send(new Uint8Array(0)), verdict)
    assert.equal(asked.length, 1)
  })
  await withAnswers([refused('unauthorized', false)], async (doors, asked) => {
    await assert.rejects(doors.send(new Uint8Array(0)), /unauthorized: why/)
    await assert.rejects(doors.ask('{ x }'), /unauthorized: why/)
    assert.equal(asked.length, 2)
  })
})

test('answers of something else, and none at all, are told with the address', async () => {
  await withAnswers([{ status: 502, body: '<html>' }], async (doors) => {
    await assert.rejects(doors.ask('{ x }'), /graphql answered 502/)
  })
  const nobody = createDoors({ url: 'http://127.0.0.1:1', framesUrl: 'http://127.0.0.1:1', key: undefined })
  await assert.rejects(nobody.ask('{ x }'), /no answer from http:\/\/127\.0\.0\.1:1\/graphql: ECONNREFUSED|bad port/)
})
