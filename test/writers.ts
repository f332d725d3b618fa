/** Producers that number every point, send again what was not acknowledged, and remember what they sent and what was acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from './harness.ts'
import { pick, type Random } from './random.ts'
import type { Point } from './read-back.ts'
import { type Answer, type Frame, float64, openStream, type Stream } from './wire.ts'

export type SentFrame = { readonly seq: number; readonly points: ReadonlyMap<string, readonly Point[]>; acked: boolean }

export type Writer = {
  readonly project: string
  readonly run: string
  readonly name: string
  readonly metrics: readonly string[]
  readonly sent: SentFrame[]
  /** Token of its newest acknowledgement. */
  at: string | undefined
  /** Answers other than ok, by code. */
  readonly refusals: Map<string, number>
  /** Sends until the connection ends or `stop` is called; frames without an acknowledgement first. */
  work(server: Server): Promise<void>
  /** Stops making new frames; `work` ends when all that were sent are acknowledged. */
  stop(): void
  /** How its last connection ended, when it was not by `stop`. */
  lost: string | undefined
}

export type WriterOptions = {
  readonly project: string
  readonly run: string
  readonly name: string
  readonly metrics: readonly string[]
  readonly stepsPerFrame: number
  readonly framesInFlight: number
  /** Pause between frames, ms. */
  readonly pauseMs: number
  readonly random: Random
}

const oddValues = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324]

export function createWriter(options: WriterOptions): Writer {
  const { project, run, name, metrics, stepsPerFrame, framesInFlight, random } = options
  let stopped = false

  /** Every point has a step of its own, so a point that is there twice shows. */
  function nextFrame(): SentFrame {
    const seq = writer.sent.length
    const steps = Array.from({ length: stepsPerFrame }, (_, i) => seq * stepsPerFrame + i)
    const value = () => (random() < 0.02 ? pick(random, oddValues) : random() * 2 - 1)
    const points = new Map(metrics.map((metric) => [metric, steps.map((step): Point => [step, value()])]))
    const frame: SentFrame = { seq, points, acked: false }
    writer.sent.push(frame)
    return frame
  }

  /** Columns and hand-written rows by turns; the set is defined once per connection. */
  function encode(frame: SentFrame, defineSet: boolean): Frame {
    const common = { project, run, writer: name, seq: frame.seq }
    const columns = [...frame.points.values()]
    const first = columns[0]![0]![0]
    const state =
      frame.seq % 16 === 0 ? { update: { params: { [name]: frame.seq }, tags: { [name]: `${frame.seq}` } } } : {}
    if (!defineSet && frame.seq % 4 === 1) {
      const log = Array.from({ length: stepsPerFrame }, (_, i) => ({
        step: first + i,
        // msgpackr writes -0 as 0: such rows go as columns.
        metrics: Object.fromEntries([...frame.points].map(([metric, points]) => [metric, points[i]![1]])),
      }))
      if (!columns.flat().some(([, v]) => Object.is(v, -0))) return { ...common, ...state, log }
    }
    const values = float64(...columns.flat().map(([, v]) => v))
    const sets = defineSet ? { sets: [[3, metrics] as const] } : {}
    return { ...common, ...state, ...sets, cols: [[3, [first, 1, stepsPerFrame], null, values]] }
  }

  function settle(frame: SentFrame, answer: Answer): boolean {
    if (answer.ok) {
      frame.acked = true
      writer.at = answer.at
      return true
    }
    const code = answer.error?.code ?? 'none'
    writer.refusals.set(code, (writer.refusals.get(code) ?? 0) + 1)
    return false
  }

  async function work(server: Server): Promise<void> {
    writer.lost = undefined
    let stream: Stream
    try {
      stream = await openStream(server)
    } catch (error) {
      writer.lost = (error as Error).message
      return
    }
    const again = writer.sent.filter((frame) => !frame.acked)
    const open = new Set<Promise<void>>()
    let defineSet = true
    let refused = false
    let gone = false
    void stream.closed.then(() => {
      gone = true
    })
    while (!gone && !refused && (again.length > 0 || !stopped)) {
      if (open.size >= framesInFlight) {
        await Promise.race(open)
        continue
      }
      const frame = again.shift() ?? nextFrame()
      const answer = stream.send(encode(frame, defineSet)).then(
        (result) => {
          if (!settle(frame, result)) refused = true
        },
        (error: Error) => {
          writer.lost = error.message
        },
      )
      const done: Promise<void> = answer.finally(() => open.delete(done))
      open.add(done)
      defineSet = false
      if (again.length === 0) await sleep(options.pauseMs * 2 * random())
    }
    await Promise.all(open)
    const ours = !gone && !refused
    // A server that refuses because it stops closes the connection itself, and how it does so is of interest.
    if (!gone && !writer.refusals.has('shutting_down')) stream.close()
    const { code, reason } = await stream.closed
    writer.lost = ours ? undefined : `${code} ${reason}`
  }

  const writer: Writer = {
    ...{ project, run, name, metrics, work },
    sent: [],
    at: undefined,
    refusals: new Map(),
    lost: undefined,
    stop() {
      stopped = true
    },
  }
  return writer
}
