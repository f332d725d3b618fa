import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { pick, whole } from '../test/random.ts'
import { type Client, type ClientOptions, createBackoff } from './client.ts'
import type { Pending } from './feed.ts'
import { noteRefusal, noteToken } from './ledger.ts'

const requestsAtOnce = 4
const framesPerBodyAtMost = 24
const idleMs = 5

type Answer = {
  readonly at?: string
  readonly error?: { readonly code: string; readonly message: string; readonly retryable: boolean }
}

/** A few requests at a time, each with a list of frames in JSON or msgpack. */
export function createHttpClient(options: ClientOptions & { readonly format: 'json' | 'msgpack' }): Client {
  const { feed, random, encoder, ledger } = options
  const agent = new Agent({ keepAlive: true, maxSockets: requestsAtOnce })
  let stopped = false

  async function work(): Promise<void> {
    const backoff = createBackoff(random)
    let healthy = true
    while (!stopped && !feed.done()) {
      // After a failure one frame feels its way, so that frames without a number are not spent on a dead server.
      const frames = takeSome(healthy ? whole(random, 1, framesPerBodyAtMost) : 1)
      if (frames.length === 0) {
        await sleep(idleMs)
        continue
      }
      healthy = await sendAll(frames)
      if (healthy) backoff.reset()
      else await sleep(backoff.next())
    }
  }

  function takeSome(most: number): Pending[] {
    const frames: Pending[] = []
    while (frames.length < most) {
      const frame = feed.take()
      if (frame === undefined) break
      frames.push(frame)
    }
    return frames
  }

  /** True when all frames were acknowledged. */
  async function sendAll(frames: readonly Pending[]): Promise<boolean> {
    let answer: Answer
    try {
      answer = await post(new URL('/v1/frames', pick(random, options.urls)), bodyOf(frames))
    } catch {
      for (const frame of frames) feed.failed(frame)
      return false
    }
    const { at, error } = answer
    if (error === undefined && at !== undefined) {
      noteToken(ledger, at)
      for (const frame of frames) feed.acked(frame)
      return true
    }
    noteRefusal(ledger, error?.code ?? 'no_code')
    for (const frame of frames) {
      if (error?.retryable) feed.failed(frame)
      else feed.refused(frame, JSON.stringify(answer).slice(0, 300))
    }
    return false
  }

  function bodyOf(frames: readonly Pending[]): Buffer {
    if (options.format === 'json') {
      return Buffer.from(`[${frames.map(({ of, seq }) => encoder.json(of.lane, seq)).join()}]`)
    }
    // Definitions hold for the request; each frame carries its own.
    const head = Buffer.from([0xdc, frames.length >> 8, frames.length & 0xff])
    return Buffer.concat([head, ...frames.map(({ of, seq }) => encoder.msgpack(of.lane, seq, true))])
  }

  function post(url: URL, body: Buffer): Promise<Answer> {
    const type = { 'content-type': `application/${options.format}`, 'content-length': body.byteLength }
    const { answerTimeoutMs: timeout } = options
    return new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', agent, headers: type, timeout }, (response) =>
        readAnswer(response).then(resolve, reject),
      )
      sent.once('error', reject)
      sent.once('timeout', () => sent.destroy(new Error('no answer in time')))
      sent.end(body)
    })
  }

  const workers = Array.from({ length: requestsAtOnce }, work)
  return {
    finished: Promise.all(workers).then(() => agent.destroy()),
    stop() {
      stopped = true
    },
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Answer
}
