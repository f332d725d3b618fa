/** Curves through the insert path: columnar frames over HTTP, as a client sends what it has buffered. */
import { Packr } from 'msgpackr'
import { integers } from '../rows.ts'
import { type Curve, firstLogged, type Logged, lateLogged, timeOf } from './curve.ts'
import type { CurveProject } from './plan.ts'

/** Maps as maps, no extensions: what a frame may be made of. */
const packer = new Packr({ useRecords: false, encodeUndefinedAsNil: true })
/** 24 bytes each; a frame has at most 1 MiB, a body 4. */
const pointsPerFrame = 20_000
const bodyBytes = 3.5 * 2 ** 20

/** Sends all points of a project. The token of everything that was acknowledged. Throws with the gateway's words when it refuses. */
export async function sendCurves(url: string, apiKey: string | undefined, project: CurveProject): Promise<string> {
  let at = ''
  let body: Buffer[] = []
  let bytes = 0
  async function send(): Promise<void> {
    at = await post(url, apiKey, body)
    body = []
    bytes = 0
  }
  for (const curve of project.curves) {
    for (const frame of framesOf(project, curve)) {
      if (bytes + frame.byteLength > bodyBytes) await send()
      body.push(frame)
      bytes += frame.byteLength
    }
  }
  if (body.length > 0) await send()
  return at
}

function* framesOf({ project, metric }: CurveProject, curve: Curve): Generator<Buffer> {
  let seq = 0
  const frame = (logged: Logged, first: boolean, last: boolean): Buffer => {
    const { steps, values } = logged
    const words = (numbers: Float64Array) => Buffer.from(integers(numbers).buffer)
    const column = [0, words(steps), words(steps.map(timeOf)), Buffer.from(values.slice().buffer)]
    return packer.pack({
      ...{ project, run: curve.run, writer: 'bench', seq: seq++ },
      ...(first ? { update: { name: curve.run, state: 'running' } } : {}),
      ...(last ? { update: { name: curve.run, state: 'finished' } } : {}),
      ...(steps.length > 0 ? { sets: [[0, [metric]]], cols: [column] } : {}),
    })
  }
  for (let from = 0; from < curve.steps; from += pointsPerFrame) {
    yield frame(firstLogged(curve, from, Math.min(curve.steps, from + pointsPerFrame)), from === 0, false)
  }
  const late = lateLogged(curve)
  for (let from = 0; from < late.steps.length; from += pointsPerFrame) {
    const end = Math.min(late.steps.length, from + pointsPerFrame)
    yield frame({ steps: late.steps.slice(from, end), values: late.values.slice(from, end) }, false, false)
  }
  yield frame({ steps: new Float64Array(0), values: new Float64Array(0) }, false, true)
}

async function post(url: string, apiKey: string | undefined, frames: readonly Buffer[]): Promise<string> {
  // A list of up to 65,535: msgpack's head of it, and the frames as they are.
  const head = Buffer.from([0xdc, frames.length >> 8, frames.length & 0xff])
  const response = await fetch(new URL('/v1/frames', url), {
    method: 'POST',
    headers: {
      'content-type': 'application/msgpack',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    body: Buffer.concat([head, ...frames]),
  })
  const answer = (await response.json()) as { at?: string; error?: { code: string; message: string } }
  if (answer.at !== undefined) return answer.at
  throw new Error(`frames were refused: ${answer.error?.code} ${answer.error?.message}`)
}
