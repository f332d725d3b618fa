import { pack } from 'msgpackr'
import type { HttpAnswer, HttpRequest } from '../../http/exchange.ts'
import { Refusal } from '../../schema/errors.ts'
import { formatToken } from '../../schema/token.ts'
import type { LogIdentity } from '../log/log.ts'
import type { Position, Waiter } from './batch.ts'
import { decodeFrames, type Frame } from './frame.ts'
import { describeError, errorBody, type Gateway } from './gateway.ts'
import { jsonToMsgpack } from './json.ts'

/**
 * `POST /v1/frames`: all frames of the body are checked before the first is logged, so a bad one costs the others nothing
 * but a second try. Only trouble of the log itself can part them; the answer then names those that were logged.
 */
export async function handleFrames(gateway: Gateway, log: LogIdentity, request: HttpRequest): Promise<HttpAnswer> {
  const wantsMsgpack = request.headers.get('accept')?.includes('application/msgpack') ?? false
  let fault = -1
  try {
    const bytes = readContent(request)
    gateway.counts.bytes.value += request.body.length
    const frames = decodeFrames(bytes, gateway.names, (index) => {
      fault = index
    })
    gateway.counts.frames.http.value += frames.length
    fault = -1
    gateway.admitAll(frames)
    const outcomes = await logFrames(gateway, frames)
    const refusal = outcomes.find((outcome) => outcome instanceof Refusal)
    const offsets = new Map<number, number>()
    const logged: number[] = []
    outcomes.forEach((outcome, index) => {
      if (outcome instanceof Refusal) return
      logged.push(index)
      offsets.set(outcome.partition, Math.max(outcome.offset, offsets.get(outcome.partition) ?? 0))
    })
    // Asked now: when the frames came, the log may not have been open yet.
    const at = formatToken({ log: log.id, offsets })
    if (!refusal) return render(200, { at, frames: frames.length }, wantsMsgpack)
    const error = errorBody(describeError(refusal, gateway.counts, gateway.logger))
    return render(
      refusal.status,
      { error: logged.length === 0 ? error : { ...error, logged }, ...(logged.length ? { at } : {}) },
      wantsMsgpack,
    )
  } catch (error) {
    const refusal = describeError(error, gateway.counts, gateway.logger)
    const body = fault < 0 ? errorBody(refusal) : { ...errorBody(refusal), frame: fault }
    return render(refusal.status, { error: body }, wantsMsgpack)
  }
}

function readContent(request: HttpRequest): Buffer {
  if (request.method !== 'POST') throw new Refusal('method_not_allowed', 'frames are sent with POST')
  const type = (request.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  if (type === 'application/msgpack' || type === 'application/x-msgpack') return request.body
  if (type === 'application/json') return jsonToMsgpack(request.body)
  throw new Refusal(
    'wrong_content_type',
    `content type ${JSON.stringify(type)}: send application/msgpack or application/json`,
  )
}

type Outcome = Position | Refusal

/** Resolves when the log has said of each frame what became of it, or has not said so in time. */
function logFrames(gateway: Gateway, frames: readonly Frame[]): Promise<Outcome[]> {
  const receivedMs = gateway.now()
  const sinceMs = performance.now()
  const outcomes = new Array<Outcome>(frames.length)
  if (frames.length === 0) return Promise.resolve(outcomes)
  return new Promise((resolve) => {
    let open = frames.length
    const settle = (index: number, outcome: Outcome) => {
      outcomes[index] = outcome
      if (--open === 0) resolve(outcomes)
    }
    const waiter: Waiter = {
      onDurable: (index, _seq, _bytes, position) => settle(index, position),
      onRefused: (index, _seq, _bytes, refusal) => settle(index, refusal),
    }
    frames.forEach((frame, index) => {
      gateway.batcher.add(frame, receivedMs, waiter, index, -1, 0, sinceMs)
    })
  })
}

function render(status: number, value: unknown, msgpack: boolean): HttpAnswer {
  const type = msgpack ? 'application/msgpack' : 'application/json'
  return { status, headers: { 'content-type': type }, body: msgpack ? pack(value) : `${JSON.stringify(value)}\n` }
}
