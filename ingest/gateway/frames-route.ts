import { pack } from 'msgpackr'
import type { HttpAnswer, HttpRequest } from '../../http/exchange.ts'
import { Refusal } from '../../schema/errors.ts'
import { formatToken } from '../../schema/token.ts'
import { decodeFrames, type Frame } from './frame.ts'
import { describeError, errorBody, type Gateway } from './gateway.ts'
import { jsonToMsgpack } from './json.ts'

/**
 * `POST /v1/frames`: all frames of the body are checked before the first is logged, so a bad one costs the others nothing
 * but a second try. Only trouble of the log itself can part them; the answer then names those that were logged.
 */
export async function handleFrames(gateway: Gateway, logId: string, request: HttpRequest): Promise<HttpAnswer> {
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
    gateway.admit(frames)
    const started = performance.now()
    const outcomes = await logFrames(gateway, frames)
    gateway.observeAck((performance.now() - started) / 1000)
    const refusal = outcomes.find((outcome) => outcome instanceof Refusal)
    const offsets = new Map<number, number>()
    const logged: number[] = []
    outcomes.forEach((outcome, index) => {
      if (outcome instanceof Refusal) return
      logged.push(index)
      offsets.set(outcome.partition, Math.max(outcome.offset, offsets.get(outcome.partition) ?? 0))
    })
    const at = formatToken({ log: logId, offsets })
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

type Outcome = { readonly partition: number; readonly offset: number } | Refusal

function logFrames(gateway: Gateway, frames: readonly Frame[]): Promise<Outcome[]> {
  const receivedMs = gateway.now()
  return Promise.all(
    frames.map((frame) => {
      return new Promise<Outcome>((resolve) => {
        const ticket = {
          onDurable: (partition: number, offset: number) => resolve({ partition, offset }),
          onRefused: (refusal: Refusal) => resolve(refusal),
        }
        gateway.batcher.add(frame, ticket, receivedMs)
      })
    }),
  )
}

function render(status: number, value: unknown, msgpack: boolean): HttpAnswer {
  const type = msgpack ? 'application/msgpack' : 'application/json'
  return { status, headers: { 'content-type': type }, body: msgpack ? pack(value) : `${JSON.stringify(value)}\n` }
}
